// The numbers of a snapshot's layout that writing and reading share (store/FORMAT.md, "snapshot").
#pragma once

#include <xxhash.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <type_traits>

#include "proto/base/sample.h"

namespace tacho::store {

inline constexpr std::string_view kSnapshotMagic = "TACHSNAP";
inline constexpr std::uint32_t kSnapshotVersion = 1;

// The first bytes of the file; little-endian, no padding.
struct SnapshotHeader {
  char magic[8];
  std::uint32_t version;
  std::uint32_t reserved;  // 0
  std::uint64_t file_bytes;
  std::uint64_t directory_offset;    // the directory ends the file
  std::uint64_t directory_checksum;  // of its bytes as stored
  std::uint64_t checksum;            // of what stands before
};
static_assert(sizeof(SnapshotHeader) == 48 && std::is_trivially_copyable_v<SnapshotHeader>);
inline constexpr std::size_t kSnapshotHeaderChecked = offsetof(SnapshotHeader, checksum);

// A part, and the schema in it, is filled up to a multiple of this.
inline constexpr std::size_t kSnapshotAlign = 8;
constexpr std::size_t snapshot_aligned(std::size_t bytes) {
  return (bytes + kSnapshotAlign - 1) / kSnapshotAlign * kSnapshotAlign;
}

// What a part has at most. 32 Mi cells are a quarter of a gigabyte where nothing can be made smaller: well below a block's limit.
inline constexpr std::size_t kPartRowsMax = 8192;
inline constexpr std::size_t kPartColumnsMax = 4096;
// A column joins the rows of others where it has a cell in one of so many of them at least: a file has so many cells a sample at most.
inline constexpr std::size_t kCellsPerSample = 8;

// Times beyond are nobody's, and their differences would not be numbers.
inline constexpr TimeMs kSnapshotTimeMax = TimeMs{1} << 53;

inline std::uint64_t snapshot_checksum(std::span<const std::byte> bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

}  // namespace tacho::store
