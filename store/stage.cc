#include "store/stage.h"

#include <fcntl.h>
#include <unistd.h>
#include <xxhash.h>

#include <cstdio>
#include <cstring>

#include "proto/base/check.h"

namespace tacho::store {
namespace {

Result<void> write_file(const std::string& path, const RecordHeader& header, std::span<const std::byte> payload) {
  auto fd = Fd::open(path, O_WRONLY | O_CREAT | O_TRUNC);
  if (!fd) return std::unexpected(fd.error());
  if (auto ok = write_at(*fd, std::as_bytes(std::span(&header, 1)), 0, path); !ok) return ok;
  if (auto ok = write_at(*fd, payload, sizeof header, path); !ok) return ok;
  // Before it gets its name: after a power cut a stage is whole or not there.
  if (::fdatasync(fd->get()) != 0) return sys_failure(errno, "cannot sync {}", path);
  return {};
}

// Requires: size is the file's real size. Everything that later code relies on is checked here and after the block is opened.
Result<void> verify(const RecordHeader& h, std::size_t size, const std::string& path) {
  if (h.magic != kRecordMagic || h.checksum != header_checksum(h))
    return failure("{} is not a stage file, or its header is damaged", path);
  if (h.type != static_cast<std::uint16_t>(RecordType::block) || h.version != kPayloadVersion)
    return failure("{} holds a record of type {}, version {}; this tacho reads blocks of version 1", path, h.type, h.version);
  if (h.payload_bytes != size - sizeof h)
    return failure("{} has {} bytes where its header says {}", path, size, h.payload_bytes + sizeof h);
  return {};
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
                                                   std::span<const std::byte> payload) {
  header.magic = kRecordMagic;
  header.version = kPayloadVersion;
  header.payload_bytes = static_cast<std::uint32_t>(payload.size());
  header.payload_checksum = XXH3_64bits(payload.data(), payload.size());
  header.checksum = header_checksum(header);
  const std::string path = fmt::format("{}/{}.{}.{}.stage", dir, group, header.generation, header.first_row);
  // Under a temporary name until it is whole. Written, not stored through a mapping: a full file system is an error here.
  const std::string temporary = path + ".new";
  auto written = write_file(temporary, header, payload);
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
  RecordHeader& h = stage->header_;
  std::memcpy(&h, stage->bytes_.data(), sizeof h);
  if (auto ok = verify(h, *n, path); !ok) return std::unexpected(ok.error());
  const auto payload = stage->payload();
  if (XXH3_64bits(payload.data(), payload.size()) != h.payload_checksum)
    return failure("{}: the block does not match its checksum", path);
  auto block = BlockView::open(payload);
  if (!block) return failure("{}: {}", path, block.error());
  if (block->rows() != h.rows || block->columns() != h.columns || block->times().front() != h.t_min ||
      block->times().back() != h.t_max)
    return failure("{}: the block does not fit its header", path);
  stage->block_ = std::move(*block);
  return stage;
}

void Stage::remove() const { ::unlink(path_.c_str()); }

void Stage::set_aside(const std::string& path) { ::rename(path.c_str(), (path + ".damaged").c_str()); }

}  // namespace tacho::store
