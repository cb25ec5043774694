#include "store/outbox_segment.h"

#include <xxhash.h>

#include <cstring>
#include <optional>

namespace tacho::store {
namespace {

struct Found {
  OutboxRecordHeader header;
  std::span<const std::byte> payload;
};

std::optional<Found> record_at(std::span<const std::byte> segment, std::size_t offset) {
  Found out{};
  if (segment.size() < sizeof out.header || offset > segment.size() - sizeof out.header) return std::nullopt;
  std::memcpy(&out.header, segment.data() + offset, sizeof out.header);
  const OutboxRecordHeader& h = out.header;
  if (h.magic != kOutboxRecordMagic || h.checksum != header_checksum(h)) return std::nullopt;
  if (h.payload_bytes > segment.size() - offset - sizeof h) return std::nullopt;
  out.payload = segment.subspan(offset + sizeof h, h.payload_bytes);
  if (XXH3_64bits(out.payload.data(), out.payload.size()) != h.payload_checksum) return std::nullopt;
  return out;
}

}  // namespace

std::uint64_t header_checksum(const OutboxRecordHeader& h) { return XXH3_64bits(&h, offsetof(OutboxRecordHeader, checksum)); }
std::uint64_t header_checksum(const OutboxSegmentHeader& h) { return XXH3_64bits(&h, offsetof(OutboxSegmentHeader, checksum)); }

Result<void> check_segment(std::span<const std::byte> segment, const std::string& path) {
  OutboxSegmentHeader h{};
  if (segment.size() < sizeof h) return failure("{} is too short for a part of an outbox", path);
  std::memcpy(&h, segment.data(), sizeof h);
  if (h.magic != kOutboxMagic || h.checksum != header_checksum(h))
    return failure("{} is no part of an outbox, or its header is damaged", path);
  if (h.version != kOutboxVersion)
    return failure("{} is part of an outbox of version {}; this tacho reads version {}", path, h.version, kOutboxVersion);
  return {};
}

std::uint64_t walk_segment(std::span<const std::byte> segment, const TakeOutboxRecord& take) {
  std::uint64_t damaged = 0;
  bool in_damage = false;
  std::size_t at = sizeof(OutboxSegmentHeader);
  while (at < segment.size()) {
    if (const auto found = record_at(segment, at)) {
      in_damage = false;
      take(at, found->header, found->payload);
      at += outbox_record_bytes(found->header.payload_bytes);
      continue;
    }
    damaged += in_damage ? 0 : 1;
    in_damage = true;
    at += kOutboxAlign;
  }
  return damaged;
}

}  // namespace tacho::store
