// Rows on their way from a head and its stages into blocks: collected in row order, then cut where a block must end.
//
// Shape    rows of one generation, all columns; row numbers grow but may have gaps (rows lost, a stage damaged). Rows that were
//          staged before the generation had all its columns are absent in the later ones.
// Threads  one.
// Memory   the rows of the head, as they were copied; staged rows are decoded when they are encoded, a column at a time.
// Errors   add(): a stage of more columns. encode(): none; a staged column that cannot be decoded, though its bytes are what was written,
//          is absent, and the block says so.
// Lifetime stages outlive this.
#pragma once

#include <cstdint>
#include <vector>

#include "proto/base/error.h"
#include "store/head/head.h"
#include "store/ring/ring_format.h"
#include "store/ring/stage.h"

namespace tacho::store {

struct EncodedBlock {
  RecordHeader header{};
  std::vector<std::byte> payload;
  std::size_t damaged_columns = 0;  // of stages
};

class SealRows {
 public:
  explicit SealRows(std::size_t columns) : columns_(columns) {}

  // Requires: all columns, in order; no row before those that are there.
  void add(HeadRows rows);
  // The stage's rows from `from_row` on. Requires: as above.
  Result<void> add(const Stage& stage, std::uint64_t from_row);

  std::size_t size() const { return times_.size(); }
  std::uint64_t number(std::size_t i) const { return numbers_[i]; }
  // Where a block that begins with row i must end at the latest: rows follow each other, their times increase, `most` rows.
  std::size_t run_end(std::size_t i, std::size_t most) const;
  // Requires: begin < end <= run_end(begin, end - begin).
  EncodedBlock encode(const StoredSchema& schema, std::uint64_t generation, std::size_t begin, std::size_t end,
                      codec::Effort effort = codec::Effort::small) const;

 private:
  // Rows [begin, begin + rows) of this: a copy of a head's, or a stage's from its row `first` on.
  struct Run {
    std::size_t begin = 0, rows = 0;
    std::vector<std::vector<double>> columns = {};
    const Stage* stage = nullptr;
    std::size_t first = 0;
  };

  void number_rows(std::uint64_t first, std::span<const TimeMs> times);
  bool copy_column(const Run& run, std::size_t column, std::size_t begin, std::span<double> out) const;

  std::size_t columns_;
  std::vector<std::uint64_t> numbers_;
  std::vector<TimeMs> times_;
  std::vector<Run> runs_;
};

}  // namespace tacho::store
