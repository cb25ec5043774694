// A head file, byte by byte (see store/FORMAT.md, "head"): one page of header, the schema, room for further series, then a ring of
// row frames.
//
// Every number is little-endian. A frame is 8 bytes of time (int64 Unix ms) and 8 bytes a column (IEEE 754 binary64 bits), the spare
// ones too. Row r lies in frame r mod row_capacity.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace tacho::store {

static_assert(std::endian::native == std::endian::little, "tacho's files are little-endian");
static_assert(std::atomic<std::uint64_t>::is_always_lock_free && sizeof(std::atomic<std::uint64_t>) == 8);

inline constexpr std::uint64_t kHeadMagic = 0x3144'4548'4843'4154;  // "TACHHED1"
inline constexpr std::uint32_t kHeadVersion = 2;
inline constexpr std::size_t kHeadPage = 4096;
inline constexpr std::size_t kCacheLine = 64;

// Written once, before the file gets its name; covered by `checksum`.
struct HeadFixed {
  std::uint64_t magic;
  std::uint32_t version;
  std::uint32_t columns;       // of the schema: what the head began with
  std::uint64_t row_capacity;  // a power of two
  std::uint64_t generation;
  std::uint64_t schema_id;
  std::int64_t interval_ms;
  std::uint64_t schema_bytes;   // from kHeadPage on
  std::uint64_t frames_offset;  // a multiple of kHeadPage
  std::uint64_t file_bytes;
  char group[64];                 // zero-padded
  std::uint32_t column_capacity;  // cells of a frame: `columns` and the spare ones
  std::uint32_t reserved;
  std::uint64_t extension_capacity;  // bytes for HeadExtensions, from behind the schema (a multiple of 8) on
  std::uint64_t checksum;            // xxh3 of all bytes before it
};
static_assert(sizeof(HeadFixed) == 8 + 4 + 4 + 7 * 8 + 64 + 4 + 4 + 8 + 8 && sizeof(HeadFixed) <= 192);

// Series that came later, in the order of their columns: this, then packed_bytes of a GroupSchema as pack_schema() makes it, then what
// fills up to a multiple of 8. The next one follows.
struct HeadExtension {
  std::uint32_t packed_bytes;
  std::uint32_t columns;   // series in it
  std::uint64_t checksum;  // xxh3 of the packed bytes
};
static_assert(sizeof(HeadExtension) == 16);

// How far a head has grown: one word, so that both numbers are of the same moment.
struct HeadGrowth {
  std::uint32_t columns = 0;          // in use
  std::uint32_t extension_bytes = 0;  // in use
};
static_assert(sizeof(HeadGrowth) == sizeof(std::uint64_t));

struct HeadHeader {
  HeadFixed fixed;

  // Rows [0, published) have been written. Writer: the group's one writer, release, after the row's cells.
  // Readers: acquire, pairs with it. A stale read only misses the newest rows. Own cache line: the one hot word.
  alignas(kCacheLine) std::atomic<std::uint64_t> published;

  // Rows [0, sealed) are in the ring file. Writer: the sealer, release, after the ring's write. Readers (recovery, the sealer
  // itself): acquire. A stale read only makes a row be sealed twice; readers of the ring drop the second copy by row number.
  alignas(kCacheLine) std::atomic<std::uint64_t> sealed;

  // 1 once the writer will publish nothing more. Writer: the group's writer, release, after its last publish. Reader: the
  // sealer, acquire, pairs with it: a closed head's `published` is final.
  alignas(kCacheLine) std::atomic<std::uint64_t> closed;

  // HeadGrowth. Writer: the group's writer, release, after the extension's bytes and before the first row that has the new columns.
  // Readers: acquire, pairs with it: the bytes are whole. Whoever saw a row published and loads this afterwards finds all columns of
  // that row (`published` is released later). A stale read only misses new series. Own cache line: it is written next to never.
  alignas(kCacheLine) std::atomic<std::uint64_t> growth;
};
static_assert(offsetof(HeadHeader, published) == 192 && offsetof(HeadHeader, sealed) == 256 &&
              offsetof(HeadHeader, closed) == 320 && offsetof(HeadHeader, growth) == 384 && sizeof(HeadHeader) <= kHeadPage);

}  // namespace tacho::store
