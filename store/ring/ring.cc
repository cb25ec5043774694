#include "store/ring/ring.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
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
  cut_short_ = static_cast<std::uint64_t>(size) < s.file_bytes;
  if (cut_short_) {
    log_warn("{} is cut short: {} of {} bytes; what is left is used", path_, size, s.file_bytes);
    if (writable_) {
      if (const int err = ::posix_fallocate(fd_.get(), 0, static_cast<off_t>(s.file_bytes)); err != 0)
        return sys_failure(err, "cannot restore {} to its {} bytes (make room on its disk)", path_, s.file_bytes);
      file_bytes_ = s.file_bytes;
    }
  }
  used_bytes_ = used_bytes();
  return search(verify_payloads);
}

Ring::Tail Ring::tail_after(std::uint64_t offset, const RecordHeader& h) const {
  const bool wraps = h.type == static_cast<std::uint16_t>(RecordType::wrap);
  return {offset, h.sequence, h.checksum, wraps ? kRingStart : offset + record_bytes(h.payload_bytes)};
}

Result<void> Ring::append(RecordHeader header, std::span<const std::byte> payload) {
  TACHO_CHECK(writable_);
  const std::uint64_t size = record_bytes(payload.size());
  if (size > (file_bytes_ - kRingStart) / 4 || size > std::numeric_limits<std::uint32_t>::max())
    return failure("a record of {} bytes does not fit in the ring of {} bytes: raise storage.budget", size, file_bytes_);

  header.magic = kRecordMagic;
  header.version = kPayloadVersion;
  if (tail_.next + size > file_bytes_) {
    drop(tail_.next, file_bytes_);
    if (tail_.next + sizeof(RecordHeader) <= file_bytes_) {
      RecordHeader wrap{};
      wrap.magic = kRecordMagic;
      wrap.version = kPayloadVersion;
      wrap.type = static_cast<std::uint16_t>(RecordType::wrap);
      wrap.sequence = tail_.sequence + 1;
      wrap.payload_checksum = XXH3_64bits(nullptr, 0);
      wrap.checksum = header_checksum(wrap);
      if (auto ok = write_record(wrap, {}); !ok) return ok;
      tail_ = tail_after(tail_.next, wrap);
    }
    tail_.next = kRingStart;
  }
  // Out of the index before its bytes are overwritten: readers of this process do not even try.
  drop(tail_.next, tail_.next + size);

  header.sequence = tail_.sequence + 1;
  header.payload_bytes = static_cast<std::uint32_t>(payload.size());
  header.payload_checksum = XXH3_64bits(payload.data(), payload.size());
  header.checksum = header_checksum(header);
  if (auto ok = write_record(header, payload); !ok) return ok;
  const RecordRef record{tail_.next, header};
  tail_ = tail_after(record.offset, header);
  appended_bytes_ += size;
  std::shared_ptr<const KnownSchema> schema;
  if (header.type == static_cast<std::uint16_t>(RecordType::schema) &&
      !indexer_.current()->schemas()->contains(header.schema_id)) {
    if (auto known = KnownSchema::unpack(payload)) schema = std::move(*known);
  }
  indexer_.append(record, std::move(schema));
  publish();
  return {};
}

void Ring::drop(std::uint64_t begin, std::uint64_t end) {
  indexer_.drop(begin, end);
  publish();
}

// At the tail's end.
Result<void> Ring::write_record(const RecordHeader& header, std::span<const std::byte> payload) {
  if (auto ok = raise_used(tail_.next + record_bytes(payload.size())); !ok) return ok;
  // The payload first: until its own header is there, whatever header lies here does not match what follows it.
  if (auto ok = write_at(fd_, payload, tail_.next + sizeof header, path_); !ok) return ok;
  return write_at(fd_, bytes_of(header), tail_.next, path_);
}

void Ring::know(const std::shared_ptr<const StoredSchema>& schema) {
  if (indexer_.know(schema)) publish();
}

Result<void> Ring::sync() {
  if (::fdatasync(fd_.get()) != 0) return sys_failure(errno, "cannot sync {}", path_);
  return {};
}

std::shared_ptr<const RingIndex> Ring::snapshot() const {
  const std::lock_guard lock(mutex_);
  return index_;
}

void Ring::publish() {
  const std::lock_guard lock(mutex_);
  index_ = indexer_.current();
}

Result<std::vector<std::byte>> Ring::read(const RecordRef& record) const {
  std::vector<std::byte> payload(record.header.payload_bytes);
  if (auto ok = read(record, 0, payload); !ok) return std::unexpected(ok.error());
  if (XXH3_64bits(payload.data(), payload.size()) != record.header.payload_checksum)
    return failure("{}: the record at {} does not match its checksum (damaged, or overwritten meanwhile)", path_, record.offset);
  return payload;
}

Result<void> Ring::read(const RecordRef& record, std::uint64_t offset, std::span<std::byte> out) const {
  const std::uint64_t bytes = record.header.payload_bytes;
  if (offset > bytes || out.size() > bytes - offset)
    return failure("{}: bytes {} to {} are asked of the record at {}, which has {}", path_, offset, offset + out.size(),
                   record.offset, bytes);
  const auto n = read_at(fd_, out, record.offset + sizeof(RecordHeader) + offset, path_);
  if (!n) return std::unexpected(n.error());
  if (*n != out.size()) return failure("{}: the record at {} is cut short", path_, record.offset);
  return {};
}

bool Ring::replaced() const {
  struct stat s{};
  return ::fstat(fd_.get(), &s) == 0 && s.st_nlink == 0;
}

}  // namespace tacho::store
