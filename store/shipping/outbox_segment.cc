#include "store/shipping/outbox_segment.h"

#include <cstring>

#include "store/log_records.h"

namespace tacho::store {

Result<void> check_segment(std::span<const std::byte> segment, const std::string& path) {
  OutboxSegmentHeader h{};
  if (segment.size() < sizeof h) return failure("{} is too short for a part of an outbox", path);
  std::memcpy(&h, segment.data(), sizeof h);
  if (h.magic != kOutboxMagic || h.checksum != checksum_of(h))
    return failure("{} is no part of an outbox, or its header is damaged", path);
  if (h.version != kOutboxVersion)
    return failure("{} is part of an outbox of version {}; this tacho reads version {}", path, h.version, kOutboxVersion);
  return {};
}

std::uint64_t walk_segment(std::span<const std::byte> segment, const TakeOutboxRecord& take) {
  return walk_log<OutboxRecordHeader>(segment, sizeof(OutboxSegmentHeader), kOutboxRecordMagic, take);
}

}  // namespace tacho::store
