// The ring file, byte by byte (see store/FORMAT.md, "ring"): a page of superblock, then records in the order they were
// appended, wrapping around at the file's end. Every number is little-endian.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

namespace tacho::store {

inline constexpr std::uint64_t kRingMagic = 0x3147'4e52'4843'4154;  // "TACHRNG1"
inline constexpr std::uint32_t kRingVersion = 3;
inline constexpr std::uint64_t kRingStart = 4096;  // where records begin
inline constexpr std::uint64_t kRecordAlign = 8;
inline constexpr std::uint16_t kPayloadVersion = 2;
inline constexpr std::uint32_t kRecordMagic = 0x4352'4354;  // "TCRC"

struct RingSuperblock {
  std::uint64_t magic;
  std::uint32_t version;
  std::uint32_t reserved;
  std::uint64_t file_bytes;
  std::uint64_t checksum;  // xxh3 of all bytes before it
};
static_assert(sizeof(RingSuperblock) == 32);

// How far the file has ever been written, so that opening a young ring does not search what is empty. At kRingUsedAt; raised
// before the bytes are written. Where the checksum does not match, the whole file is searched.
inline constexpr std::uint64_t kRingUsedAt = 64;
struct RingUsed {
  std::uint64_t bytes;
  std::uint64_t checksum;  // xxh3 of `bytes`
};
static_assert(sizeof(RingUsed) == 16);

// Stored in files: numbers are never reused.
enum class RecordType : std::uint16_t {
  block = 1,   // payload: a block (block.h)
  schema = 2,  // payload: FlatBuffers GroupSchema; schema_id is its hash
  wrap = 3,    // no payload: the next record is at kRingStart
};

// A record: this header, then payload_bytes of payload, then what fills up to a multiple of kRecordAlign. The group is the
// schema's.
struct RecordHeader {
  std::uint32_t magic;
  std::uint16_t type;
  std::uint16_t version;   // of the payload: kPayloadVersion
  std::uint64_t sequence;  // 1, 2, 3, ... over the file's life; the greatest is the newest
  std::uint32_t payload_bytes;
  std::uint32_t rows;
  std::uint64_t payload_checksum;  // xxh3 of the payload
  std::uint64_t schema_id;
  std::uint64_t generation;  // of the head that the rows come from
  std::uint64_t first_row;   // the first row's number in that head
  std::int64_t t_min;        // of the block's rows, Unix ms
  std::int64_t t_max;
  std::uint32_t columns;
  std::uint32_t samples;   // of the block: cells that have a value; 0: nobody counted, all may have one
  std::uint64_t checksum;  // xxh3 of all bytes before it
};
static_assert(sizeof(RecordHeader) == 88);

// What `checksum` must be.
std::uint64_t header_checksum(const RecordHeader& h);

constexpr std::uint64_t samples_of(const RecordHeader& h) {
  return h.samples != 0 ? h.samples : std::uint64_t{h.rows} * h.columns;
}

constexpr std::uint64_t record_bytes(std::uint64_t payload_bytes) {
  return (sizeof(RecordHeader) + payload_bytes + kRecordAlign - 1) / kRecordAlign * kRecordAlign;
}

}  // namespace tacho::store
