// How a ring's records are found in its file: all of them by a search, those that came since by following the last one known.
#include <sys/stat.h>

#include <algorithm>
#include <unordered_set>

#include "proto/base/check.h"
#include "proto/base/log.h"
#include "store/ring/header_scanner.h"
#include "store/ring/ring.h"

namespace tacho::store {
namespace {

// A wrap, which is not in the index, has a number too.
bool without_gap(const RingIndex& index) {
  for (std::size_t i = 1; i < index.size(); ++i) {
    const std::uint64_t numbers = index[i].header.sequence - index[i - 1].header.sequence;
    if (numbers != 1 && !(numbers == 2 && index[i].offset == kRingStart)) return false;
  }
  return true;
}

bool numbered_twice(const std::vector<RecordRef>& found) {
  std::unordered_set<std::uint64_t> numbers;
  return !std::ranges::all_of(found, [&](const RecordRef& r) { return numbers.insert(r.header.sequence).second; });
}

// True where the first record found can be the next one after the wrap, or one of those after that where these are damaged.
bool begins_after(const RecordHeader& wrap, const std::vector<RecordRef>& found) {
  if (found.empty() || found.front().header.sequence <= wrap.sequence) return false;
  return found.front().header.sequence - wrap.sequence <= 1 + (found.front().offset - kRingStart) / sizeof(RecordHeader);
}

}  // namespace

// The whole file, for every record there is.
Result<void> Ring::search(bool verify_payloads) {
  const auto written_ns = written();
  if (!written_ns) return std::unexpected(written_ns.error());
  written_ns_ = *written_ns;
  auto found = scan(verify_payloads);
  // A record was torn as the machine went down, and its number given anew: which one counts, its payload says.
  if (found && !verify_payloads && numbered_twice(found->records)) found = scan(true);
  if (!found) return std::unexpected(found.error());
  indexer_.assign(std::move(found->records), found->lap_ends || cut_short_, [&](const RecordRef& r) { return read_schema(r); });
  publish();
  const RingIndex& index = *indexer_.current();
  recovery_.records = index.size();
  recovery_.damaged = damaged_in(*found);
  tail_ = index.empty() ? Tail{} : tail_after(index.back().offset, index.back().header);
  whole_ = without_gap(index);
  return {};
}

// Headers whose payload does not match, less an old one before a payload that was just written over its own: its writer died before it
// wrote the new header. Requires: the records are in the index.
std::size_t Ring::damaged_in(const Scan& found) const {
  const RingIndex& index = *indexer_.current();
  if (index.empty()) return found.damaged.size();
  const RecordRef& newest = index.back();
  const std::uint64_t next = found.wrap_sequence > newest.header.sequence ? kRingStart : newest.end();
  return static_cast<std::size_t>(std::ranges::count_if(
      found.damaged, [&](const RecordRef& r) { return r.offset != next || r.header.sequence >= newest.header.sequence; }));
}

Result<Ring::Scan> Ring::scan(bool verify_payloads) const {
  Scan found;
  HeaderScanner scanner(fd_, file_bytes_, path_);
  const std::uint64_t end = used_bytes();
  for (std::uint64_t at = kRingStart; at + sizeof(RecordHeader) <= end;) {
    RecordRef r;
    r.offset = at;
    const auto whole = scanner.header_at(at, r.header);
    if (!whole) return std::unexpected(whole.error());
    if (!*whole) {
      at += kRecordAlign;
      continue;
    }
    if (verify_payloads && !read(r)) {
      found.damaged.push_back(r);
      at += kRecordAlign;  // its length may be a lie for what lies there now: look for the next header in it
      continue;
    }
    // Behind a wrap lies what laps before this one have left: older than what was overwritten since, so not of the window.
    if (r.header.type == static_cast<std::uint16_t>(RecordType::wrap)) {
      found.wrap_sequence = r.header.sequence;
      found.lap_ends = begins_after(r.header, found.records);
      break;
    }
    found.records.push_back(r);
    at = r.end();
  }
  return found;
}

std::shared_ptr<const KnownSchema> Ring::read_schema(const RecordRef& r) const {
  const auto payload = read(r);
  if (!payload) return nullptr;  // overwritten meanwhile, or damaged: a later copy may be whole
  auto schema = KnownSchema::unpack(*payload);
  if (!schema) log_warn("a schema in {} is skipped: {}", path_, schema.error());
  return schema ? *schema : nullptr;
}

Result<void> Ring::refresh() {
  TACHO_CHECK(!writable_);
  const std::uint64_t before = tail_.sequence;
  const auto followed = follow();
  if (!followed) return std::unexpected(followed.error());
  const auto written_ns = written();
  if (!written_ns) return std::unexpected(written_ns.error());
  // Written to, and nothing follows on: a record is just being written, or it is damaged and others lie behind it.
  const bool missing = *written_ns != written_ns_ && tail_.sequence == before;
  written_ns_ = *written_ns;
  return *followed && whole_ && !missing ? Result<void>{} : search(false);
}

// When the file was last written to, by its own clock.
Result<std::int64_t> Ring::written() const {
  struct stat s{};
  if (::fstat(fd_.get(), &s) != 0) return sys_failure(errno, "cannot look at {}", path_);
  return s.st_mtim.tv_sec * 1'000'000'000 + s.st_mtim.tv_nsec;
}

// From the newest record known to the newest there is. False where the way is lost: what was known has been overwritten.
Result<bool> Ring::follow() {
  RecordHeader h{};
  if (tail_.sequence == 0) return false;
  while (true) {
    const std::uint64_t at = tail_.next + sizeof h <= file_bytes_ ? tail_.next : kRingStart;
    const auto whole = read_header(fd_, file_bytes_, path_, at, h);
    if (!whole) return std::unexpected(whole.error());
    if (!*whole || h.sequence <= tail_.sequence) break;  // what lies here is older, or the rest of it
    if (h.sequence != tail_.sequence + 1) return false;
    const bool wraps = h.type == static_cast<std::uint16_t>(RecordType::wrap);
    // As the writer did. Each header that is taken is the one that was written next, so nothing is missed between them.
    indexer_.drop(at, wraps ? file_bytes_ : at + record_bytes(h.payload_bytes));
    tail_ = tail_after(at, h);
    if (wraps) continue;
    const RecordRef r{at, h};
    const bool schema = h.type == static_cast<std::uint16_t>(RecordType::schema);
    indexer_.append(r, schema && !indexer_.current()->schemas()->contains(h.schema_id) ? read_schema(r) : nullptr);
  }
  publish();
  // Nothing follows the newest, if it still is what it was.
  const auto whole = read_header(fd_, file_bytes_, path_, tail_.offset, h);
  if (!whole) return std::unexpected(whole.error());
  return *whole && h.sequence == tail_.sequence && h.checksum == tail_.checksum;
}

}  // namespace tacho::store
