// The outbox's files, byte by byte (see store/FORMAT.md, "outbox"): segments, each with the names of its own series, so that one that
// is gone or damaged takes nothing with it. Every number is little-endian.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tacho::store {

inline constexpr std::uint64_t kOutboxMagic = 0x3158'4255'4843'4154;  // "TACHUBX1"
inline constexpr std::uint32_t kOutboxVersion = 1;
inline constexpr std::uint32_t kOutboxRecordMagic = 0x5242'4f54;  // "TOBR"

struct OutboxSegmentHeader {
  std::uint64_t magic;
  std::uint32_t version;
  std::uint32_t reserved;
  std::uint64_t checksum;  // xxh3 of all bytes before it
};
static_assert(sizeof(OutboxSegmentHeader) == 24);

// Stored in files: numbers are never reused.
enum class OutboxRecordType : std::uint16_t {
  series = 1,  // payload: a schema, packed as in the ring; its series are numbered on from `first`
  window = 2,  // payload: one lz4 block, see outbox_record.h
};

// A record: this header, payload_bytes of payload, then zeros up to a multiple of 8.
struct OutboxRecordHeader {
  std::uint32_t magic;
  std::uint16_t type;
  std::uint16_t reserved;
  std::uint32_t payload_bytes;
  std::uint32_t count;             // series named, or samples
  std::uint32_t first;             // series: the number of the first one.  window: how many bytes the payload unpacks to
  std::uint32_t left_out;          // window: samples that no receiver takes
  std::int64_t end;                // window: its end, Unix ms
  std::uint64_t payload_checksum;  // xxh3 of the payload
  std::uint64_t checksum;          // xxh3 of all bytes before it
};
static_assert(sizeof(OutboxRecordHeader) == 48);

}  // namespace tacho::store
