// A sealed, immutable run of one group's rows as bytes: FlatBuffers Block (proto/schema/store.fbs).
//
// Shape    rows in strictly increasing time; columns in the order of the schema that the block's record names.
// Threads  encode_block: pure. BlockView: reading from any thread; the bytes must outlive it.
// Cost     open(): a walk over the columns' directory, and where the body is compressed one pass of lz4 over it.
// Errors   BlockView::open: bytes that are no valid block, with what is wrong. Every offset is checked before use, so a block
//          made by a broken writer cannot make a reader read outside it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "proto/base/error.h"
#include "proto/base/sample.h"
#include "store/column.h"

namespace tacho::fb {
struct Block;
}

namespace tacho::store {

// Stored in files: numbers are never reused.
enum class TimeEncoding : std::uint8_t {
  grid = 0,    // first time and step, int64 each: 16 bytes
  column = 1,  // first time, int64; an Encoding; what lies between it and each row, as a column
};

// Stored in files: numbers are never reused.
enum class Compression : std::uint8_t {
  none = 0,
  lz4 = 1,  // one lz4 block
};

inline constexpr std::uint32_t kRowsMax = 1u << 20;

// Requires: times strictly increasing and not empty, at most kRowsMax; every column of times.size() cells.
std::vector<std::byte> encode_block(std::span<const TimeMs> times, std::span<const std::vector<double>> columns);

class BlockView final : private ColumnSource {
 public:
  // Requires: bytes aligned to 4.
  static Result<BlockView> open(std::span<const std::byte> bytes);

  std::size_t rows() const { return times_.size(); }
  std::size_t columns() const override { return columns_.size(); }
  std::span<const TimeMs> times() const { return times_; }
  // Cells [first, first + out.size()) of a column.
  Result<void> read_column(std::size_t column, std::size_t first, std::span<double> out) const;

 private:
  // Where a column's bytes lie in the body.
  struct Place {
    Encoding encoding;
    std::uint32_t at;
    std::uint32_t bytes;
  };

  Result<void> open_body();
  EncodedColumn column(std::size_t column) const override;

  const fb::Block* block_ = nullptr;
  std::vector<std::byte> unpacked_;  // the body, where it was compressed
  const std::byte* body_ = nullptr;  // else null
  std::vector<Place> columns_;
  std::vector<TimeMs> times_;
};

}  // namespace tacho::store
