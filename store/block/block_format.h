// The numbers of a block's layout that writing and reading share (store/FORMAT.md, "block").
#pragma once

#include <xxhash.h>

#include <cstddef>
#include <cstdint>
#include <span>

namespace tacho::store {

// Stored in files: numbers are never reused.
enum class TimeEncoding : std::uint8_t {
  grid = 0,    // first time and step, int64 each: 16 bytes
  column = 1,  // first time, int64; an Encoding; what lies between it and each row, as a column
};

// A directory entry's byte: the encoding, and the column's length where it is below kLongColumn; else kLongColumn, and a varint of
// what is more.
inline constexpr unsigned kEncodingBits = 3;
inline constexpr std::uint64_t kLongColumn = 31;

// A block begins with the checksum of the rest of its head (8 bytes), then comes the FlatBuffers Block, its size before it (4 bytes).
inline constexpr std::size_t kHeadChecksumBytes = 8;
// The head is filled up to a multiple of this, for what follows it is not aligned anyway.
inline constexpr std::size_t kHeadAlign = 8;

// What claims to be larger is damaged, or meant to exhaust the reader.
inline constexpr std::size_t kPieceMax = std::size_t{1} << 30;
inline constexpr std::size_t kLz4RatioMax = 256;

// Requires: the head whole.
inline std::uint64_t head_checksum(std::span<const std::byte> head) {
  return XXH3_64bits(head.data() + kHeadChecksumBytes, head.size() - kHeadChecksumBytes);
}

inline std::uint32_t piece_checksum(std::span<const std::byte> stored) {
  return static_cast<std::uint32_t>(XXH3_64bits(stored.data(), stored.size()));
}

}  // namespace tacho::store
