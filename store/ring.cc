#include "store/ring.h"

#include <fcntl.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "proto/base/check.h"
#include "proto/base/log.h"

namespace tacho::store {

std::uint64_t header_checksum(const RecordHeader& h) { return XXH3_64bits(&h, offsetof(RecordHeader, checksum)); }

namespace {

std::uint64_t checksum_of(const RingSuperblock& s) { return XXH3_64bits(&s, offsetof(RingSuperblock, checksum)); }

template <class T>
std::span<const std::byte> bytes_of(const T& value) {
  return std::as_bytes(std::span(&value, 1));
}

// Looks at the file through a window that moves along. From record to record it reads a page; where it has to probe every
// 8 bytes for the next header it reads on in large pieces.
class HeaderScanner {
 public:
  HeaderScanner(const Fd& fd, std::uint64_t file_bytes, const std::string& path)
      : fd_(fd), file_bytes_(file_bytes), path_(path) {}

  // True where a whole, checksummed header lies at `offset` whose record would fit in the file.
  Result<bool> header_at(std::uint64_t offset, RecordHeader& out) {
    if (offset + sizeof(RecordHeader) > file_bytes_) return false;
    if (offset < start_ || offset + sizeof(RecordHeader) > start_ + size_) {
      const bool probing = offset <= start_ + size_ && offset > start_;
      if (auto ok = fill(offset, probing ? buffer_.size() : kPage); !ok) return std::unexpected(ok.error());
      if (size_ < sizeof(RecordHeader)) return false;
    }
    std::memcpy(&out, buffer_.data() + (offset - start_), sizeof out);
    return out.magic == kRecordMagic && out.checksum == header_checksum(out) && out.payload_bytes < file_bytes_ &&
           offset + record_bytes(out.payload_bytes) <= file_bytes_;
  }

 private:
  static constexpr std::size_t kPage = 4096;

  // The file's bytes from `offset` on. Of what the disk cannot give, each page counts as zeros: no header lies there.
  Result<void> fill(std::uint64_t offset, std::size_t bytes) {
    start_ = offset;
    const auto all = read_at(fd_, std::span(buffer_).first(bytes), offset, path_);
    size_ = all ? *all : 0;
    if (all) return {};
    if (all.error().sys_errno != EIO) return std::unexpected(all.error());
    while (size_ < bytes) {
      const std::uint64_t at = offset + size_;
      const auto page = std::span(buffer_).subspan(size_, std::min<std::size_t>(kPage - at % kPage, bytes - size_));
      const auto n = read_at(fd_, page, at, path_);
      if (!n && n.error().sys_errno != EIO) return std::unexpected(n.error());
      if (!n) std::ranges::fill(page, std::byte{});
      size_ += n ? *n : page.size();
      if (n && *n < page.size()) break;
    }
    return {};
  }

  const Fd& fd_;
  std::uint64_t file_bytes_;
  const std::string& path_;
  std::vector<std::byte> buffer_ = std::vector<std::byte>(256 << 10);
  std::uint64_t start_ = 0;
  std::size_t size_ = 0;
};

}  // namespace

Result<std::unique_ptr<Ring>> Ring::open(const std::string& path, bool writable, std::uint64_t file_bytes) {
  auto ring = std::unique_ptr<Ring>(new Ring);
  ring->path_ = path;
  ring->writable_ = writable;
  auto fd = Fd::open_file(path, writable ? O_RDWR : O_RDONLY);
  if (!fd && writable && fd.error().sys_errno == ENOENT) {
    if (auto ok = ring->create(file_bytes); !ok) return std::unexpected(ok.error());
    return ring;
  }
  if (!fd) return std::unexpected(fd.error());
  ring->fd_ = std::move(*fd);
  if (auto ok = ring->load(writable); !ok) return std::unexpected(ok.error());
  if (!writable || file_bytes == 0 || file_bytes == ring->file_bytes_) return ring;

  // Another budget: a new file with the newest records that fit, then it takes the old one's place.
  Ring fresh;
  fresh.path_ = path + ".new";
  fresh.writable_ = true;
  ::unlink(fresh.path_.c_str());
  if (auto ok = fresh.create(file_bytes); !ok) {
    log_warn("the ring keeps its {} bytes until the agent starts with room for both: {}", ring->file_bytes_, ok.error());
    return ring;
  }
  log_info("the ring {} changes from {} to {} bytes", path, ring->file_bytes_, file_bytes);
  for (const auto index = ring->snapshot(); const RecordRef& r : *index) {
    if (const auto payload = ring->read(r)) {
      if (auto ok = fresh.append(r.header, *payload); !ok) log_warn("while resizing {}: {}", path, ok.error());
    }
  }
  if (auto ok = fresh.sync(); !ok) return std::unexpected(ok.error());
  if (::rename(fresh.path_.c_str(), path.c_str()) != 0) return sys_failure(errno, "cannot rename {} to {}", fresh.path_, path);
  return Ring::open(path, true);
}

// Under another name until it is whole: a reader never finds a file that is no ring yet, and a crash leaves none.
Result<void> Ring::create(std::uint64_t file_bytes) {
  TACHO_CHECK(file_bytes >= (1u << 20), "a ring under 1 MiB");
  const std::string temporary = path_ + ".making";
  auto fd = Fd::open(temporary, O_RDWR | O_CREAT | O_TRUNC);
  if (!fd) return std::unexpected(fd.error());
  fd_ = std::move(*fd);
  file_bytes_ = file_bytes;
  if (const int err = ::posix_fallocate(fd_.get(), 0, static_cast<off_t>(file_bytes)); err != 0) {
    ::unlink(temporary.c_str());
    return sys_failure(err, "cannot reserve {} bytes for the ring {} (make room on its disk, or give a smaller storage.budget)",
                       file_bytes, path_);
  }
  RingSuperblock s{kRingMagic, kRingVersion, 0, file_bytes, 0};
  s.checksum = checksum_of(s);
  if (auto ok = write_at(fd_, bytes_of(s), 0, path_); !ok) return ok;
  if (auto ok = raise_used(kRingStart); !ok) return ok;
  if (auto ok = sync(); !ok) return ok;
  if (::rename(temporary.c_str(), path_.c_str()) != 0) return sys_failure(errno, "cannot rename {} to {}", temporary, path_);
  recovery_.created = true;
  return {};
}

Result<void> Ring::raise_used(std::uint64_t end) {
  if (end <= used_bytes_) return {};
  const RingUsed used{end, XXH3_64bits(&end, sizeof end)};
  if (auto ok = write_at(fd_, bytes_of(used), kRingUsedAt, path_); !ok) return ok;
  used_bytes_ = end;
  return {};
}

std::uint64_t Ring::used_bytes() const {
  RingUsed used{};
  const auto n = read_at(fd_, std::as_writable_bytes(std::span(&used, 1)), kRingUsedAt, path_);
  const bool known = n && *n == sizeof used && used.checksum == XXH3_64bits(&used.bytes, sizeof used.bytes);
  return known ? std::min(used.bytes, file_bytes_) : file_bytes_;
}

Result<void> Ring::load(bool verify_payloads) {
  RingSuperblock s{};
  const auto n = read_at(fd_, std::as_writable_bytes(std::span(&s, 1)), 0, path_);
  if (!n) return std::unexpected(n.error());
  if (*n != sizeof s || s.magic != kRingMagic)
    return failure("{} is not a tacho ring; move it away to start with an empty one", path_);
  if (s.version != kRingVersion)
    return failure("{} has format version {}, this tacho reads version {}; use the tacho that wrote it, or move it away", path_,
                   s.version, kRingVersion);
  if (s.checksum != checksum_of(s))
    return failure("{}: the superblock's checksum does not match; move it away to start anew", path_);
  const off_t size = ::lseek(fd_.get(), 0, SEEK_END);
  if (size < 0) return sys_failure(errno, "cannot size {}", path_);
  // A file that was cut short still holds what lies before the cut.
  file_bytes_ = std::min<std::uint64_t>(s.file_bytes, static_cast<std::uint64_t>(size));
  if (static_cast<std::uint64_t>(size) < s.file_bytes) {
    log_warn("{} is cut short: {} of {} bytes; what is left is used", path_, size, s.file_bytes);
    if (writable_) {
      if (const int err = ::posix_fallocate(fd_.get(), 0, static_cast<off_t>(s.file_bytes)); err != 0)
        return sys_failure(err, "cannot restore {} to its {} bytes (make room on its disk)", path_, s.file_bytes);
      file_bytes_ = s.file_bytes;
    }
  }
  used_bytes_ = used_bytes();
  auto found = scan(verify_payloads);
  if (!found) return std::unexpected(found.error());
  recovery_.records = found->records.size();
  recovery_.damaged = found->damaged.size();
  if (!found->records.empty()) {
    const RecordRef& newest = found->records.back();
    write_offset_ = newest.offset + record_bytes(newest.header.payload_bytes);
    next_sequence_ = newest.header.sequence + 1;
    // An old header before a payload that was just written over the old one: its writer died before it wrote the new header.
    const std::uint64_t next = found->wrap_sequence > newest.header.sequence ? kRingStart : write_offset_;
    recovery_.damaged -= static_cast<std::size_t>(std::ranges::count_if(
        found->damaged, [&](const RecordRef& r) { return r.offset == next && r.header.sequence < newest.header.sequence; }));
  }
  publish(std::make_shared<RingIndex>(std::move(found->records)));
  return {};
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
      break;
    }
    found.records.push_back(r);
    at += record_bytes(r.header.payload_bytes);
  }
  std::sort(found.records.begin(), found.records.end(),
            [](const RecordRef& a, const RecordRef& b) { return a.header.sequence < b.header.sequence; });
  return found;
}

Result<void> Ring::append(RecordHeader header, std::span<const std::byte> payload) {
  TACHO_CHECK(writable_);
  const std::uint64_t size = record_bytes(payload.size());
  if (size > (file_bytes_ - kRingStart) / 4 || size > std::numeric_limits<std::uint32_t>::max())
    return failure("a record of {} bytes does not fit in the ring of {} bytes: raise storage.budget", size, file_bytes_);

  auto index = std::make_shared<RingIndex>(*snapshot());
  const auto forget = [&](std::uint64_t begin, std::uint64_t end) {
    std::erase_if(*index,
                  [&](const RecordRef& r) { return r.offset < end && r.offset + record_bytes(r.header.payload_bytes) > begin; });
  };
  header.magic = kRecordMagic;
  header.version = kPayloadVersion;
  if (write_offset_ + size > file_bytes_) {
    forget(write_offset_, file_bytes_);
    publish(std::make_shared<RingIndex>(*index));
    if (write_offset_ + sizeof(RecordHeader) <= file_bytes_) {
      RecordHeader wrap{};
      wrap.magic = kRecordMagic;
      wrap.version = kPayloadVersion;
      wrap.type = static_cast<std::uint16_t>(RecordType::wrap);
      wrap.sequence = next_sequence_++;
      wrap.payload_checksum = XXH3_64bits(nullptr, 0);
      if (auto ok = write_record(wrap, {}); !ok) return ok;
    }
    write_offset_ = kRingStart;
  }
  // Out of the index before its bytes are overwritten: readers of this process do not even try.
  forget(write_offset_, write_offset_ + size);
  publish(std::make_shared<RingIndex>(*index));

  header.sequence = next_sequence_;
  header.payload_bytes = static_cast<std::uint32_t>(payload.size());
  header.payload_checksum = XXH3_64bits(payload.data(), payload.size());
  const RecordRef record{write_offset_, header};
  if (auto ok = write_record(header, payload); !ok) return ok;
  ++next_sequence_;
  write_offset_ += size;
  appended_bytes_ += size;
  index->push_back(record);
  index->back().header.checksum = header_checksum(header);
  publish(std::move(index));
  return {};
}

Result<void> Ring::write_record(const RecordHeader& header, std::span<const std::byte> payload) {
  RecordHeader h = header;
  h.checksum = header_checksum(h);
  if (auto ok = raise_used(write_offset_ + record_bytes(payload.size())); !ok) return ok;
  // The payload first: until its own header is there, whatever header lies here does not match what follows it.
  if (auto ok = write_at(fd_, payload, write_offset_ + sizeof h, path_); !ok) return ok;
  return write_at(fd_, bytes_of(h), write_offset_, path_);
}

Result<void> Ring::sync() {
  if (::fdatasync(fd_.get()) != 0) return sys_failure(errno, "cannot sync {}", path_);
  return {};
}

std::shared_ptr<const RingIndex> Ring::snapshot() const {
  const std::lock_guard lock(mutex_);
  return index_;
}

void Ring::publish(std::shared_ptr<const RingIndex> index) {
  const std::lock_guard lock(mutex_);
  index_ = std::move(index);
}

Result<std::vector<std::byte>> Ring::read(const RecordRef& record) const {
  std::vector<std::byte> payload(record.header.payload_bytes);
  const auto n = read_at(fd_, payload, record.offset + sizeof(RecordHeader), path_);
  if (!n) return std::unexpected(n.error());
  if (*n != payload.size() || XXH3_64bits(payload.data(), payload.size()) != record.header.payload_checksum)
    return failure("{}: the record at {} does not match its checksum (damaged, or overwritten meanwhile)", path_, record.offset);
  return payload;
}

Result<void> Ring::refresh() {
  TACHO_CHECK(!writable_);
  // The writer may be anywhere in a wrap; a fresh scan of the headers is right in every case.
  auto found = scan(false);
  if (!found) return std::unexpected(found.error());
  publish(std::make_shared<RingIndex>(std::move(found->records)));
  return {};
}

}  // namespace tacho::store
