// One column of a block as bytes.
//
// Shape    `rows` cells, each 8 bytes of bits: values, NaN payloads, staleness markers and `absent` alike survive bit for bit.
// Threads  pure functions.   Cost  a copy.
// Errors   decode: bytes that do not fit the encoding and row count, or an encoding this version does not know.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "proto/base/error.h"

namespace tacho::store {

// Stored in files: numbers are never reused.
enum class Encoding : std::uint8_t {
  absent = 0,    // no cell has a value; 0 bytes
  constant = 1,  // every cell has the same bits; 8 bytes
  plain = 2,     // 8 bytes a cell
};

// Appends the column in the smallest encoding.
Encoding encode_column(std::span<const double> cells, std::vector<std::byte>& out);

// Requires: out.size() == rows of the block. Writes cells [first, first + out.size()) of a column of `rows` cells.
Result<void> decode_column(Encoding encoding, std::span<const std::byte> bytes, std::size_t rows, std::size_t first,
                           std::span<double> out);

}  // namespace tacho::store
