#include "store/head.h"

#include <fcntl.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <cstring>

#include "proto/base/check.h"
#include "store/head_protocol.h"

namespace tacho::store {
namespace {

constexpr std::size_t page_up(std::size_t n) { return (n + kHeadPage - 1) / kHeadPage * kHeadPage; }

std::uint64_t checksum_of(const HeadFixed& f) { return XXH3_64bits(&f, offsetof(HeadFixed, checksum)); }

HeadFixed describe(const StoredSchema& schema, std::uint64_t generation, std::uint64_t row_capacity) {
  HeadFixed f{};
  f.magic = kHeadMagic;
  f.version = kHeadVersion;
  f.columns = static_cast<std::uint32_t>(schema.series.size());
  f.row_capacity = row_capacity;
  f.generation = generation;
  f.schema_id = schema.id;
  f.interval_ms = schema.interval_ms;
  f.schema_bytes = schema.bytes.size();
  f.frames_offset = kHeadPage + page_up(schema.bytes.size());
  f.file_bytes = f.frames_offset + row_capacity * (1 + schema.series.size()) * 8;
  std::memcpy(f.group, schema.group.data(), std::min(schema.group.size(), sizeof f.group - 1));
  f.checksum = checksum_of(f);
  return f;
}

// Requires: file_size is the file's real size. Everything that later code relies on is checked here.
Result<void> verify(const HeadFixed& f, std::uint64_t file_size, const std::string& path) {
  if (f.magic != kHeadMagic) return failure("{} is not a head file", path);
  if (f.version != kHeadVersion)
    return failure("{} has format version {}; this tacho reads version {}", path, f.version, kHeadVersion);
  if (f.checksum != checksum_of(f)) return failure("{}: the header's checksum does not match", path);
  const bool sizes_fit = std::has_single_bit(f.row_capacity) && f.row_capacity <= (1u << 24) && f.columns <= (1u << 24) &&
                         f.schema_bytes < (1u << 30) && f.frames_offset == kHeadPage + page_up(f.schema_bytes) &&
                         f.file_bytes == f.frames_offset + f.row_capacity * (1 + std::uint64_t{f.columns}) * 8;
  if (!sizes_fit) return failure("{}: the header's sizes do not fit together", path);
  if (file_size < f.file_bytes) return failure("{} is cut short: {} of {} bytes", path, file_size, f.file_bytes);
  return {};
}

}  // namespace

Result<std::shared_ptr<Head>> Head::create(const std::string& dir, std::uint64_t generation,
                                           std::shared_ptr<const StoredSchema> schema, std::uint64_t row_capacity) {
  TACHO_CHECK(std::has_single_bit(row_capacity) && row_capacity >= 4);
  TACHO_CHECK(schema->group.size() < sizeof HeadFixed::group, schema->group);
  auto head = std::shared_ptr<Head>(new Head);
  head->path_ = fmt::format("{}/{}.{}.head", dir, schema->group, generation);
  head->fixed_ = describe(*schema, generation, row_capacity);
  head->schema_ = std::move(schema);

  // Under a temporary name until it is whole: a reader never sees a head without its header.
  const std::string temporary = head->path_ + ".new";
  auto fd = Fd::open(temporary, O_RDWR | O_CREAT | O_TRUNC);
  if (!fd) return std::unexpected(fd.error());
  // Reserve every page now: a full file system is an error here, not a SIGBUS in the middle of a row.
  if (const int err = ::posix_fallocate(fd->get(), 0, static_cast<off_t>(head->fixed_.file_bytes)); err != 0) {
    ::unlink(temporary.c_str());
    return sys_failure(err,
                       "cannot reserve {} bytes of shared memory for {} (make room there, or give another folder with --runtime)",
                       head->fixed_.file_bytes, head->path_);
  }
  auto mapping = Mapping::map(*fd, head->fixed_.file_bytes, true, temporary);
  if (!mapping) return std::unexpected(mapping.error());
  std::byte* base = mapping->data();
  std::memcpy(base + kHeadPage, head->schema_->bytes.data(), head->schema_->bytes.size());
  head->header_ = new (base) HeadHeader{head->fixed_, {0}, {0}, {0}};
  head->frames_ = reinterpret_cast<std::atomic<std::uint64_t>*>(base + head->fixed_.frames_offset);
  head->mapping_ = std::move(*mapping);
  if (::rename(temporary.c_str(), head->path_.c_str()) != 0)
    return sys_failure(errno, "cannot rename {} to {}", temporary, head->path_);
  return head;
}

Result<std::shared_ptr<Head>> Head::open(const std::string& path, bool writable) {
  auto fd = Fd::open_file(path, writable ? O_RDWR : O_RDONLY);
  if (!fd) return std::unexpected(fd.error());
  const off_t size = ::lseek(fd->get(), 0, SEEK_END);
  if (size < static_cast<off_t>(kHeadPage)) return failure("{} is too short for a head file", path);
  auto mapping = Mapping::map(*fd, static_cast<std::size_t>(size), writable, path);
  if (!mapping) return std::unexpected(mapping.error());
  auto head = std::shared_ptr<Head>(new Head);
  std::byte* base = mapping->data();
  std::memcpy(&head->fixed_, base, sizeof head->fixed_);
  if (auto ok = verify(head->fixed_, static_cast<std::uint64_t>(size), path); !ok) return std::unexpected(ok.error());
  auto schema = decode_schema({base + kHeadPage, static_cast<std::size_t>(head->fixed_.schema_bytes)});
  if (!schema) return failure("{}: {}", path, schema.error());
  if ((*schema)->id != head->fixed_.schema_id || (*schema)->series.size() != head->fixed_.columns)
    return failure("{}: the schema does not belong to the header", path);
  head->path_ = path;
  head->schema_ = std::move(*schema);
  head->header_ = reinterpret_cast<HeadHeader*>(base);
  head->frames_ = reinterpret_cast<std::atomic<std::uint64_t>*>(base + head->fixed_.frames_offset);
  head->mapping_ = std::move(*mapping);
  return head;
}

Frames<std::atomic<std::uint64_t>> Head::frames() const {
  return {&header_->published, frames_, fixed_.row_capacity, fixed_.columns};
}

std::uint64_t Head::oldest() const { return frames().oldest(); }

HeadRows Head::read(std::span<const std::uint32_t> columns, std::uint64_t from_row, std::uint64_t to_row, TimeMs t_min,
                    TimeMs t_max) const {
  return read_frames(frames(), columns, from_row, to_row, t_min, t_max);
}

void Head::remove() { ::unlink(path_.c_str()); }

HeadWriter::HeadWriter(std::shared_ptr<Head> head) : head_(std::move(head)), next_row_(head_->published()) {}

HeadWriter::~HeadWriter() {
  if (head_) head_->header_->closed.store(1, std::memory_order_release);
}

std::span<std::atomic<std::uint64_t>> HeadWriter::begin_row() { return begin_frame(head_->frames(), next_row_); }

void HeadWriter::publish(TimeMs t) { publish_frame(head_->frames(), next_row_++, t); }

}  // namespace tacho::store
