#include "store/shipping/outbox.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <filesystem>

#include "proto/base/check.h"
#include "proto/base/log.h"
#include "store/block/schema_codec.h"
#include "store/log_records.h"
#include "store/shipping/outbox_segment.h"

namespace tacho::store {
namespace {

constexpr std::string_view kSuffix = ".outbox";

std::optional<std::uint64_t> segment_number(const std::string& name) {
  if (!name.ends_with(kSuffix)) return std::nullopt;
  std::uint64_t number = 0;
  const char* const end = name.data() + name.size() - kSuffix.size();
  const auto [stop, error] = std::from_chars(name.data(), end, number);
  if (error != std::errc() || stop != end || number == 0) return std::nullopt;
  return number;
}

void append_record(std::string& out, OutboxRecordHeader header, std::span<const std::byte> payload) {
  header.magic = kOutboxRecordMagic;
  append_log_record(out, header, payload);
}

}  // namespace

Result<std::unique_ptr<Outbox>> Outbox::open(OutboxOptions options) {
  if (::mkdir(options.folder.c_str(), 0755) != 0 && errno != EEXIST)
    return sys_failure(errno, "cannot make the outbox's folder {}", options.folder);
  std::unique_ptr<Outbox> box(new Outbox(std::move(options)));
  if (auto scanned = box->scan(); !scanned) return std::unexpected(scanned.error());
  return box;
}

Result<void> Outbox::scan() {
  std::error_code ec;
  for (std::filesystem::directory_iterator it(options_.folder, ec), end; !ec && it != end; it.increment(ec)) {
    if (const auto number = segment_number(it->path().filename().string()))
      segments_.push_back({*number, it->path().string(), 0});
  }
  if (ec) return failure("cannot list the outbox's folder {}: {}", options_.folder, ec.message());
  std::sort(segments_.begin(), segments_.end(), [](const Segment& a, const Segment& b) { return a.number < b.number; });
  for (Segment& segment : segments_) {
    const auto bytes = read_file(segment.path);
    if (bytes) segment.bytes = bytes->size();
    bytes_ += segment.bytes;
    const auto checked = bytes ? check_segment(bytes_of(*bytes), segment.path) : Result<void>(std::unexpected(bytes.error()));
    if (!checked) {
      ++damaged_;
      log_warn("{}; its windows are lost", checked.error());
      continue;
    }
    const std::uint64_t damaged = walk_segment(bytes_of(*bytes), [&](std::size_t offset, const OutboxRecordHeader& h, auto) {
      if (h.type != static_cast<std::uint16_t>(OutboxRecordType::window)) return;
      if (windows_.empty() || windows_.back().end < h.end) windows_.push_back({h.end, segment.number, offset});
    });
    if (damaged == 0) continue;
    damaged_ += damaged;
    log_warn("{}: {} damaged places in it are passed over", segment.path, damaged);
  }
  return {};
}

Result<void> Outbox::start_segment() {
  const std::uint64_t number = segments_.empty() ? 1 : segments_.back().number + 1;
  const std::string path = fmt::format("{}/{:010}{}", options_.folder, number, kSuffix);
  auto fd = Fd::open(path, O_WRONLY | O_CREAT | O_TRUNC);
  if (!fd) return std::unexpected(fd.error());
  OutboxSegmentHeader h{.magic = kOutboxMagic, .version = kOutboxVersion, .reserved = 0, .checksum = 0};
  h.checksum = checksum_of(h);
  if (auto ok = write_at(*fd, std::as_bytes(std::span(&h, 1)), 0, path); !ok) {
    ::unlink(path.c_str());
    return ok;
  }
  if (auto ok = sync_folder(options_.folder); !ok) return ok;
  writing_ = std::move(*fd);
  segments_.push_back({number, path, sizeof h});
  bytes_ += sizeof h;
  numbers_.clear();
  named_ = 0;
  return {};
}

void Outbox::drop_segment() {
  const Segment segment = segments_.front();
  segments_.pop_front();
  bytes_ -= segment.bytes;
  ::unlink(segment.path.c_str());
  while (!windows_.empty() && windows_.front().segment == segment.number) {
    end_of_lost_ = windows_.front().end;
    windows_.pop_front();
  }
  if (segments_.empty()) writing_ = Fd();
  if (names_segment_ == segment.number) names_segment_ = 0;
}

Result<void> Outbox::append(const ShippedWindow& window) {
  TACHO_CHECK(window.end > last());
  if (!writing_ || segments_.back().bytes >= options_.segment_bytes) {
    if (auto ok = start_segment(); !ok) return ok;
  }
  // Names first; what is remembered of them is undone when they do not get to the disk.
  Schema fresh;
  std::vector<NumberedSample> samples;
  samples.reserve(window.samples.size());
  const std::uint32_t first = named_;
  for (const ShippedSample& s : window.samples) {
    if (s.second) continue;
    auto [at, is_new] = numbers_.try_emplace(s.labels);
    if (is_new || at->second.type != s.type) {
      at->second = {named_++, s.type};
      fresh.push_back({s.labels, s.type, Rollup::none});
    }
    samples.push_back({at->second.number, s.value, s.start});
  }
  std::sort(samples.begin(), samples.end(), [](const NumberedSample& a, const NumberedSample& b) { return a.series < b.series; });
  std::string bytes;
  if (!fresh.empty()) {
    const auto count = static_cast<std::uint32_t>(fresh.size());
    const auto packed = pack_schema(*encode_schema("outbox", 0, std::move(fresh)));
    append_record(bytes, {.type = static_cast<std::uint16_t>(OutboxRecordType::series), .count = count, .first = first}, packed);
  }
  const std::uint64_t window_at = segments_.back().bytes + bytes.size();
  const PackedWindow packed = pack_window(samples, named_);
  append_record(bytes,
                {.type = static_cast<std::uint16_t>(OutboxRecordType::window),
                 .count = static_cast<std::uint32_t>(samples.size()),
                 .first = packed.unpacked,
                 .left_out = static_cast<std::uint32_t>(window.invalid + window.duplicates),
                 .end = window.end},
                packed.bytes);
  while (bytes_ + bytes.size() > options_.bytes_max && segments_.size() > 1) drop_segment();
  Result<void> written = write_at(writing_, bytes_of(bytes), segments_.back().bytes, segments_.back().path);
  if (written && ::fdatasync(writing_.get()) != 0) written = sys_failure(errno, "cannot sync {}", segments_.back().path);
  if (!written) {
    // What part of it is there nobody knows: it goes, and the next one goes to a new segment.
    if (::ftruncate(writing_.get(), static_cast<off_t>(segments_.back().bytes)) != 0)
      log_warn("cannot shorten {}: {}", segments_.back().path, ::strerror(errno));
    writing_ = Fd();
    if (windows_.empty() || windows_.back().segment != segments_.back().number) {
      bytes_ -= segments_.back().bytes;
      ::unlink(segments_.back().path.c_str());
      segments_.pop_back();
    }
    return written;
  }
  windows_.push_back({window.end, segments_.back().number, window_at});
  segments_.back().bytes += bytes.size();
  bytes_ += bytes.size();
  if (names_segment_ == segments_.back().number) names_segment_ = 0;
  return {};
}

std::optional<TimeMs> Outbox::next(TimeMs after) const {
  const auto at = std::upper_bound(windows_.begin(), windows_.end(), after, [](TimeMs t, const Place& p) { return t < p.end; });
  if (at == windows_.end()) return std::nullopt;
  return at->end;
}

Result<const Outbox::Names*> Outbox::names_of(std::uint64_t segment) {
  if (names_segment_ == segment) return &names_;
  names_segment_ = 0;
  names_.clear();
  const auto at = std::find_if(segments_.begin(), segments_.end(), [&](const Segment& s) { return s.number == segment; });
  const auto bytes = read_file(at->path);
  if (!bytes) return std::unexpected(bytes.error());
  if (auto checked = check_segment(bytes_of(*bytes), at->path); !checked) return std::unexpected(checked.error());
  walk_segment(bytes_of(*bytes), [&](std::size_t, const OutboxRecordHeader& h, std::span<const std::byte> payload) {
    if (h.type != static_cast<std::uint16_t>(OutboxRecordType::series)) return;
    const auto schema = unpack_schema(payload);
    if (!schema) return;  // its checksum was right: written by something else; its samples are counted as unnamed
    std::uint32_t number = h.first;
    for (const SeriesInfo& info : (*schema)->series) names_[number++] = {info.labels, info.type};
  });
  names_segment_ = segment;
  return &names_;
}

Result<ShippedWindow> Outbox::read(TimeMs end) {
  const auto at = std::lower_bound(windows_.begin(), windows_.end(), end, [](const Place& p, TimeMs t) { return p.end < t; });
  TACHO_CHECK(at != windows_.end() && at->end == end);
  const auto names = names_of(at->segment);
  if (!names) return std::unexpected(names.error());
  const auto segment =
      std::find_if(segments_.begin(), segments_.end(), [&](const Segment& s) { return s.number == at->segment; });
  auto fd = Fd::open(segment->path, O_RDONLY);
  if (!fd) return std::unexpected(fd.error());
  OutboxRecordHeader h{};
  const auto got = read_at(*fd, std::as_writable_bytes(std::span(&h, 1)), at->offset, segment->path);
  if (!got) return std::unexpected(got.error());
  if (*got != sizeof h || h.checksum != checksum_of(h) || h.end != end)
    return failure("{}: the window at byte {} is damaged", segment->path, at->offset);
  std::vector<std::byte> payload(h.payload_bytes);
  const auto body = read_at(*fd, payload, at->offset + sizeof h, segment->path);
  if (!body) return std::unexpected(body.error());
  if (*body != payload.size() || XXH3_64bits(payload.data(), payload.size()) != h.payload_checksum)
    return failure("{}: the window at byte {} does not match its checksum", segment->path, at->offset);
  const auto samples = unpack_window(payload, h.first);
  if (!samples) return failure("{}: the window at byte {}: {}", segment->path, at->offset, samples.error());
  ShippedWindow out;
  out.end = end;
  out.invalid = h.left_out;
  for (const NumberedSample& s : *samples) {
    const auto name = (*names)->find(s.series);
    if (name == (*names)->end()) {
      ++unnamed_;
      continue;
    }
    out.samples.push_back({name->second.labels, s.value, name->second.type, s.start, end});
  }
  std::sort(out.samples.begin(), out.samples.end(),
            [](const ShippedSample& a, const ShippedSample& b) { return a.labels < b.labels; });
  return out;
}

void Outbox::forget(TimeMs end) {
  while (!segments_.empty()) {
    const std::uint64_t number = segments_.front().number;
    // The windows of a segment are together, and by time.
    const auto behind = std::find_if(windows_.begin(), windows_.end(), [&](const Place& p) { return p.segment != number; });
    const bool needed = behind != windows_.begin() && (behind - 1)->end > end;
    if (needed || (segments_.size() == 1 && writing_ && windows_.empty())) return;
    const TimeMs lost = end_of_lost_;
    drop_segment();
    end_of_lost_ = lost;  // nobody needed them
  }
}

}  // namespace tacho::store
