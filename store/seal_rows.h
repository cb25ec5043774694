// Rows on their way from a head and its stages into blocks: collected in row order, then cut where a block must end.
//
// Shape    rows of one generation, all columns; row numbers grow but may have gaps (rows lost, a stage damaged). Rows that were
//          staged before the generation had all its columns are absent in the later ones.
// Threads  one.
// Cost     each cell is copied once in and once out, where it is encoded.
// Errors   add(): a stage whose block cannot be decoded; nothing of it is added then.
#pragma once

#include <cstdint>
#include <vector>

#include "proto/base/error.h"
#include "store/head.h"
#include "store/ring_format.h"
#include "store/stage.h"

namespace tacho::store {

struct EncodedBlock {
  RecordHeader header{};
  std::vector<std::byte> payload;
};

class SealRows {
 public:
  explicit SealRows(std::size_t columns) : columns_(columns) {}

  // Requires: all columns, in order; no row before next_row().
  void add(const HeadRows& rows);
  // The stage's rows from `from_row` on. Requires: as above.
  Result<void> add(const Stage& stage, std::uint64_t from_row);

  std::size_t size() const { return times_.size(); }
  std::uint64_t number(std::size_t i) const { return numbers_[i]; }
  // Where a block that begins with row i must end at the latest: rows follow each other, their times increase, `most` rows.
  std::size_t run_end(std::size_t i, std::size_t most) const;
  // Requires: begin < end <= run_end(begin, end - begin).
  EncodedBlock encode(const StoredSchema& schema, std::uint64_t generation, std::size_t begin, std::size_t end) const;

 private:
  std::vector<std::uint64_t> numbers_;
  std::vector<TimeMs> times_;
  std::vector<std::vector<double>> columns_;
};

}  // namespace tacho::store
