// One column of a block as bytes: the cells of one series, each 8 bytes of bits; values, NaN payloads, staleness markers and `absent`
// alike survive bit for bit.
//
// Shape    values that are there as integers (codec/decimal.h), less a base and over a common factor, in sub-blocks of 128
//          (codec/integers.h); cells that are not, as runs; what is no such integer, beside them. Layout: store/FORMAT.md, "column".
// Threads  ColumnWriter: one thread. Reading: pure functions.
// Cost     writing some 5 to 15 ns a cell, reading 0.5 to 1 ns; a range costs what lies before it in the block, less the conversion.
// Errors   bytes that do not fit the encoding and row count, or an encoding that this version does not know. Nothing is read
//          outside the bytes given, whatever they hold.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "proto/base/error.h"
#include "store/codec/bitpack.h"
#include "store/codec/decimal.h"
#include "store/codec/integers.h"
#include "store/codec/varint.h"

namespace tacho::store {

// Stored in files: numbers are never reused.
enum class Encoding : std::uint8_t {
  absent = 0,    // no cell has a value; 0 bytes
  constant = 1,  // every cell has the same bits; 8 bytes
  plain = 2,     // 8 bytes a cell
  integers = 3,  // as above
  number = 4,    // every cell has the same value, a short decimal: its scale and a varint
  same = 5,      // as the column before it that is not absent, which is a constant, a number or itself `same`; 0 bytes
  copy = 6,      // `integers` whose sub-blocks are those of an earlier column of the block
};

struct EncodedColumn {
  Encoding encoding = Encoding::absent;
  std::span<const std::byte> bytes;
};

// Where a column's bytes are found; a `copy` asks for its original.
class ColumnSource {
 public:
  virtual ~ColumnSource() = default;
  // Requires: column < columns().
  virtual EncodedColumn column(std::size_t column) const = 0;
  virtual std::size_t columns() const = 0;
};

// The columns of one block after the other, appended to `out`.
class ColumnWriter {
 public:
  explicit ColumnWriter(codec::Bytes& out, codec::Effort effort = codec::Effort::small) : out_(out), effort_(effort) {}

  // In the smallest encoding. Requires: columns of equal size, in order.
  Encoding add(std::span<const double> cells);

 private:
  struct Stream {
    std::size_t column;
    std::size_t at, bytes;  // of the sub-blocks, in out_
    std::size_t values;
  };

  Encoding add_constant(double value);
  Encoding add_varying(std::span<const double> cells);
  Encoding write_integers(std::span<const double> values, codec::Scale scale, const codec::Bytes& presence);
  void gather(std::span<const double> cells, codec::Bytes& presence);
  void forget_stream();

  codec::Bytes& out_;
  codec::Effort effort_;
  std::size_t column_ = 0;
  bool has_constant_ = false;  // the newest column that is not absent is a constant, of these bits:
  std::uint64_t constant_ = 0;
  std::unordered_map<std::uint64_t, Stream> streams_;  // by hash
  std::optional<std::uint64_t> own_stream_;            // of them this column's: it has one at most
  std::vector<double> values_;                         // scratch
  std::vector<std::uint64_t> integers_;
  std::vector<codec::Special> specials_;
};

// Which column a `copy` at place `column` needs beside itself; none where its bytes are no copy's.
std::optional<std::size_t> copied_column(const EncodedColumn& copy, std::size_t column, std::size_t rows);

// Requires: first + out.size() <= rows. Cells [first, first + out.size()) of column `column`, of `rows` cells.
Result<void> read_column(const ColumnSource& source, std::size_t column, std::size_t rows, std::size_t first,
                         std::span<double> out, const codec::Kernels& kernels);

}  // namespace tacho::store
