#include "store/head/head.h"

#include <fcntl.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <cstring>

#include "proto/base/check.h"
#include "proto/base/log.h"
#include "store/head/head_protocol.h"

namespace tacho::store {
namespace {

constexpr std::size_t page_up(std::size_t n) { return (n + kHeadPage - 1) / kHeadPage * kHeadPage; }
constexpr std::size_t word_up(std::size_t n) { return (n + 7) / 8 * 8; }

constexpr std::size_t extensions_offset(const HeadFixed& f) { return kHeadPage + word_up(f.schema_bytes); }
constexpr std::size_t frames_offset(const HeadFixed& f) { return page_up(extensions_offset(f) + f.extension_capacity); }

// Packed, fifty series that come together take some ten to twenty bytes each, one that comes alone some 250. Where the room ends
// before the columns do, a new generation begins, as where the columns end.
constexpr std::size_t extension_capacity_for(std::size_t spare_columns) {
  return spare_columns == 0 ? 0 : page_up(1024 + spare_columns * 128);
}

std::uint64_t checksum_of(const HeadFixed& f) { return XXH3_64bits(&f, offsetof(HeadFixed, checksum)); }

HeadFixed describe(const StoredSchema& schema, std::uint64_t generation, std::uint64_t row_capacity, std::size_t spare_columns) {
  HeadFixed f{};
  f.magic = kHeadMagic;
  f.version = kHeadVersion;
  f.columns = static_cast<std::uint32_t>(schema.series.size());
  f.row_capacity = row_capacity;
  f.generation = generation;
  f.schema_id = schema.id;
  f.interval_ms = schema.interval_ms;
  f.schema_bytes = schema.bytes.size();
  f.column_capacity = static_cast<std::uint32_t>(schema.series.size() + spare_columns);
  f.extension_capacity = extension_capacity_for(spare_columns);
  f.frames_offset = frames_offset(f);
  f.file_bytes = f.frames_offset + row_capacity * (1 + std::uint64_t{f.column_capacity}) * 8;
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
  const bool sizes_fit = std::has_single_bit(f.row_capacity) && f.row_capacity <= (1u << 24) && f.columns <= f.column_capacity &&
                         f.column_capacity <= (1u << 24) && f.schema_bytes < (1u << 30) && f.extension_capacity < (1u << 30) &&
                         f.frames_offset == frames_offset(f) &&
                         f.file_bytes == f.frames_offset + f.row_capacity * (1 + std::uint64_t{f.column_capacity}) * 8;
  if (!sizes_fit) return failure("{}: the header's sizes do not fit together", path);
  if (file_size < f.file_bytes) return failure("{} is cut short: {} of {} bytes", path, file_size, f.file_bytes);
  return {};
}

}  // namespace

Result<std::shared_ptr<Head>> Head::create(const std::string& dir, std::uint64_t generation,
                                           std::shared_ptr<const StoredSchema> schema, std::uint64_t row_capacity,
                                           std::size_t spare_columns) {
  TACHO_CHECK(std::has_single_bit(row_capacity) && row_capacity >= 4);
  TACHO_CHECK(schema->group.size() < sizeof HeadFixed::group, schema->group);
  auto head = std::shared_ptr<Head>(new Head);
  head->path_ = fmt::format("{}/{}.{}.head", dir, schema->group, generation);
  head->fixed_ = describe(*schema, generation, row_capacity, spare_columns);
  head->loaded_ = {head->fixed_.columns, 0};
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
  new (base) HeadHeader{head->fixed_, {0}, {0}, {0}, {std::bit_cast<std::uint64_t>(head->loaded_)}};
  head->map(std::move(*mapping));
  // Nobody clears a spare column before it has a series; the others are cleared row by row.
  for (std::uint64_t r = 0; r < row_capacity && spare_columns > 0; ++r) {
    std::atomic<std::uint64_t>* cells = head->frames().frame(r) + 1;
    for (std::size_t c = head->fixed_.columns; c < head->fixed_.column_capacity; ++c)
      cells[c].store(kAbsentBits, std::memory_order_relaxed);
  }
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
  head->loaded_ = {head->fixed_.columns, 0};
  head->map(std::move(*mapping));
  if (auto ok = head->load_extensions(head->growth()); !ok) return std::unexpected(ok.error());
  return head;
}

// Requires: fixed_ is what the file says, verified.
void Head::map(Mapping mapping) {
  mapping_ = std::move(mapping);
  header_ = reinterpret_cast<HeadHeader*>(mapping_.data());
  extensions_ = mapping_.data() + extensions_offset(fixed_);
  frames_ = reinterpret_cast<std::atomic<std::uint64_t>*>(mapping_.data() + fixed_.frames_offset);
}

std::shared_ptr<const StoredSchema> Head::schema() const {
  const std::lock_guard lock(mutex_);
  if (const HeadGrowth now = growth(); now.columns != loaded_.columns) {
    if (auto ok = load_extensions(now); !ok) {
      // What has been decoded stays right; the series from the damage on are missing, which is said once.
      log_warn("new series cannot be read: {}", ok.error());
      loaded_ = now;
    }
  }
  return schema_;
}

Result<void> Head::load_extensions(HeadGrowth growth) const {
  if (growth.columns > fixed_.column_capacity || growth.extension_bytes > fixed_.extension_capacity)
    return failure("{}: it says that it has grown to {} columns and {} bytes, and has room for {} and {}", path_, growth.columns,
                   growth.extension_bytes, fixed_.column_capacity, fixed_.extension_capacity);
  Schema series = schema_->series;
  for (std::size_t at = loaded_.extension_bytes; at < growth.extension_bytes;) {
    HeadExtension e{};
    const std::size_t left = growth.extension_bytes - at;
    if (left >= sizeof e) std::memcpy(&e, extensions_ + at, sizeof e);
    if (left < sizeof e || e.packed_bytes > left - sizeof e) return failure("{}: an extension of its schema is cut short", path_);
    const std::span packed(extensions_ + at + sizeof e, e.packed_bytes);
    if (XXH3_64bits(packed.data(), packed.size()) != e.checksum)
      return failure("{}: an extension of its schema does not match its checksum", path_);
    const auto more = unpack_schema(packed);
    if (!more) return failure("{}: {}", path_, more.error());
    if ((*more)->series.size() != e.columns)
      return failure("{}: an extension of its schema has {} series and says {}", path_, (*more)->series.size(), e.columns);
    series.insert(series.end(), (*more)->series.begin(), (*more)->series.end());
    at += word_up(sizeof e + e.packed_bytes);
  }
  if (series.size() != growth.columns)
    return failure("{}: it says that it has grown to {} columns, and names {} series", path_, growth.columns, series.size());
  if (series.size() > schema_->series.size()) schema_ = encode_schema(schema_->group, schema_->interval_ms, std::move(series));
  loaded_ = growth;
  return {};
}

Frames<std::atomic<std::uint64_t>> Head::frames() const {
  return {&header_->published, frames_, fixed_.row_capacity, fixed_.column_capacity};
}

std::uint64_t Head::oldest() const { return frames().oldest(); }

HeadRows Head::read(std::span<const std::uint32_t> columns, std::uint64_t from_row, std::uint64_t to_row, TimeMs t_min,
                    TimeMs t_max) const {
  return read_frames(frames(), columns, from_row, to_row, t_min, t_max);
}

void Head::remove() { ::unlink(path_.c_str()); }

HeadWriter::HeadWriter(std::shared_ptr<Head> head)
    : head_(std::move(head)), next_row_(head_->published()), growth_(head_->growth()) {}

HeadWriter::~HeadWriter() {
  if (head_) head_->header_->closed.store(1, std::memory_order_release);
}

bool HeadWriter::grow(const Schema& more) {
  TACHO_CHECK(!more.empty());
  const HeadFixed& fixed = head_->fixed_;
  if (more.size() > fixed.column_capacity - growth_.columns) return false;
  const auto packed = pack_schema(*encode_schema(fixed.group, fixed.interval_ms, more));
  const HeadExtension e{static_cast<std::uint32_t>(packed.size()), static_cast<std::uint32_t>(more.size()),
                        XXH3_64bits(packed.data(), packed.size())};
  const std::size_t size = word_up(sizeof e + packed.size());
  if (size > fixed.extension_capacity - growth_.extension_bytes) return false;
  std::byte* at = head_->extensions_ + growth_.extension_bytes;
  std::memcpy(at, &e, sizeof e);
  std::memcpy(at + sizeof e, packed.data(), packed.size());
  growth_ = {growth_.columns + e.columns, growth_.extension_bytes + static_cast<std::uint32_t>(size)};
  head_->header_->growth.store(std::bit_cast<std::uint64_t>(growth_), std::memory_order_release);
  return true;
}

std::span<std::atomic<std::uint64_t>> HeadWriter::begin_row() { return begin_frame(head_->frames(), next_row_, growth_.columns); }

void HeadWriter::publish(TimeMs t) { publish_frame(head_->frames(), next_row_++, t); }

}  // namespace tacho::store
