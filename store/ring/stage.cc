#include "store/ring/stage.h"

#include <fcntl.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "proto/base/check.h"

namespace tacho::store {
namespace {

// A record as it lies in a stage: the header made whole, the payload, zeros up to a multiple of 8 where another record follows.
void add_record(std::vector<std::byte>& out, RecordHeader header, std::span<const std::byte> payload, bool another_follows) {
  header.magic = kRecordMagic;
  header.version = kPayloadVersion;
  header.payload_bytes = static_cast<std::uint32_t>(payload.size());
  header.payload_checksum = XXH3_64bits(payload.data(), payload.size());
  header.checksum = header_checksum(header);
  const auto bytes = std::as_bytes(std::span(&header, 1));
  const std::size_t end = out.size() + (another_follows ? record_bytes(payload.size()) : bytes.size() + payload.size());
  out.insert(out.end(), bytes.begin(), bytes.end());
  out.insert(out.end(), payload.begin(), payload.end());
  out.resize(end);
}

Result<void> write_file(const std::string& path, std::span<const std::byte> bytes) {
  auto fd = Fd::open(path, O_WRONLY | O_CREAT | O_TRUNC);
  if (!fd) return std::unexpected(fd.error());
  if (auto ok = write_at(*fd, bytes, 0, path); !ok) return ok;
  // Before it gets its name: after a power cut a stage is whole or not there.
  if (::fdatasync(fd->get()) != 0) return sys_failure(errno, "cannot sync {}", path);
  return {};
}

// The record at the beginning of `bytes`, its payload verified. Everything that later code relies on is checked here and after the
// payloads are opened.
Result<std::span<const std::byte>> take_record(std::span<const std::byte> bytes, RecordHeader& h, const std::string& path) {
  if (bytes.size() < sizeof h) return failure("{} is too short for a stage file", path);
  std::memcpy(&h, bytes.data(), sizeof h);
  if (h.magic != kRecordMagic || h.checksum != header_checksum(h))
    return failure("{} is not a stage file, or its header is damaged", path);
  const bool known =
      h.type == static_cast<std::uint16_t>(RecordType::block) || h.type == static_cast<std::uint16_t>(RecordType::schema);
  if (!known || h.version != kPayloadVersion)
    return failure("{} holds a record of type {}, version {}; this tacho reads blocks and schemas of version {}", path, h.type,
                   h.version, kPayloadVersion);
  if (h.payload_bytes > bytes.size() - sizeof h)
    return failure("{} has {} bytes where its header says {}", path, bytes.size(), h.payload_bytes + sizeof h);
  const auto payload = bytes.subspan(sizeof h, h.payload_bytes);
  if (XXH3_64bits(payload.data(), payload.size()) != h.payload_checksum)
    return failure("{}: a record does not match its checksum", path);
  return payload;
}

}  // namespace

RecordHeader describe_block(const StoredSchema& schema, std::uint64_t generation, std::uint64_t first_row,
                            std::span<const TimeMs> times) {
  TACHO_CHECK(!times.empty());
  RecordHeader h{};
  h.type = static_cast<std::uint16_t>(RecordType::block);
  h.schema_id = schema.id;
  h.generation = generation;
  h.first_row = first_row;
  h.rows = static_cast<std::uint32_t>(times.size());
  h.columns = static_cast<std::uint32_t>(schema.series.size());
  h.t_min = times.front();
  h.t_max = times.back();
  return h;
}

Result<std::shared_ptr<const Stage>> Stage::create(const std::string& dir, const std::string& group, RecordHeader header,
                                                   std::span<const std::byte> payload, std::span<const std::byte> packed_series) {
  std::vector<std::byte> bytes;
  if (!packed_series.empty()) {
    RecordHeader h{};
    h.type = static_cast<std::uint16_t>(RecordType::schema);
    h.generation = header.generation;
    h.columns = header.columns;
    add_record(bytes, h, packed_series, true);
  }
  add_record(bytes, header, payload, false);
  const std::string path = fmt::format("{}/{}.{}.{}.stage", dir, group, header.generation, header.first_row);
  // Under a temporary name until it is whole. Written, not stored through a mapping: a full file system is an error here.
  const std::string temporary = path + ".new";
  auto written = write_file(temporary, bytes);
  if (written && ::rename(temporary.c_str(), path.c_str()) != 0)
    written = sys_failure(errno, "cannot rename {} to {}", temporary, path);
  if (!written) {
    ::unlink(temporary.c_str());
    return std::unexpected(written.error());
  }
  auto stage = open(path);
  if (!stage) ::unlink(path.c_str());  // its rows stay in the head, so nobody may take it for their place
  return stage;
}

Result<std::shared_ptr<const Stage>> Stage::open(const std::string& path) {
  auto fd = Fd::open_file(path, O_RDONLY);
  if (!fd) return std::unexpected(fd.error());
  const off_t size = ::lseek(fd->get(), 0, SEEK_END);
  if (size <= static_cast<off_t>(sizeof(RecordHeader))) return failure("{} is too short for a stage file", path);
  auto stage = std::shared_ptr<Stage>(new Stage);
  stage->path_ = path;
  stage->bytes_.resize(static_cast<std::size_t>(size));
  const auto n = read_at(*fd, stage->bytes_, 0, path);
  if (!n) return std::unexpected(n.error());
  std::span<const std::byte> bytes = std::span(stage->bytes_).first(*n);
  RecordHeader& h = stage->header_;
  auto payload = take_record(bytes, h, path);
  if (payload && h.type == static_cast<std::uint16_t>(RecordType::schema)) {
    if (auto ok = stage->take_series(*payload); !ok) return std::unexpected(ok.error());
    const RecordHeader named = h;
    const auto filled = static_cast<std::size_t>(record_bytes(payload->size())), end = sizeof h + payload->size();
    if (filled > bytes.size() || std::any_of(&bytes[end], &bytes[filled], [](std::byte b) { return b != std::byte{0}; }))
      return failure("{}: its first record does not end as it should", path);
    bytes = bytes.subspan(filled);
    payload = take_record(bytes, h, path);
    if (payload && (h.generation != named.generation || h.columns != named.columns || stage->named_ > h.columns))
      return failure("{}: the series that it names are not those of its block", path);
  }
  if (!payload) return std::unexpected(payload.error());
  if (h.type != static_cast<std::uint16_t>(RecordType::block)) return failure("{} holds no block where one should be", path);
  if (h.payload_bytes != bytes.size() - sizeof h)
    return failure("{} has {} bytes where its header says {}", path, bytes.size(), h.payload_bytes + sizeof h);
  auto block = BlockView::open_whole(*payload);
  if (!block) return failure("{}: {}", path, block.error());
  if (block->rows() != h.rows || block->columns() != h.columns || block->times().front() != h.t_min ||
      block->times().back() != h.t_max)
    return failure("{}: the block does not fit its header", path);
  stage->block_ = std::move(*block);
  return stage;
}

Result<void> Stage::take_series(std::span<const std::byte> packed) {
  const auto schema = unpack_schema(packed);
  if (!schema) return failure("{}: {}", path_, schema.error());
  packed_ = packed;
  named_ = (*schema)->series.size();
  return {};
}

std::shared_ptr<const StoredSchema> Stage::series() const {
  if (packed_.empty()) return nullptr;
  auto schema = unpack_schema(packed_);
  TACHO_CHECK(schema.has_value(), path_);  // it was, when this was opened
  return *schema;
}

std::shared_ptr<const StoredSchema> schema_of_stages(std::span<const std::shared_ptr<const Stage>> stages) {
  std::shared_ptr<const StoredSchema> last;
  Schema all;
  for (const auto& stage : stages) {
    if (stage->first_named() > all.size()) continue;  // what names those before it is lost
    const auto named = stage->series();
    if (!named || stage->columns() <= all.size()) continue;
    const auto known = static_cast<std::ptrdiff_t>(all.size() - stage->first_named());
    all.insert(all.end(), named->series.begin() + known, named->series.end());
    last = named;
  }
  return last ? encode_schema(last->group, last->interval_ms, std::move(all)) : nullptr;
}

void Stage::remove() const { ::unlink(path_.c_str()); }

void Stage::set_aside(const std::string& path) { ::rename(path.c_str(), (path + ".damaged").c_str()); }

}  // namespace tacho::store
