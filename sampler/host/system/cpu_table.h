// The layout of a table with a column for each CPU (softirqs, interrupts), learned once and then compared in place.
//
// Shape    a line of CPUs ("CPU0 CPU1"), then lines "NAME: number number rest". A line that has no number for each CPU is no
//          part of the table (ERR and MIS in interrupts, which are nobody's); it is passed over.
// Layout   other CPUs, names or rests are another layout. So is a cell that was left out as 0, and is 0 no more.
// Cost     read(): one pass over the lines that are shown; of the others name and end are compared. No allocation.
// Odd text a number that is none leaves its cell absent. What is behind a cut is only missing for now.
// Threads  one.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "sampler/source.h"

namespace tacho::sampler {

class CpuTable {
 public:
  struct Line {
    std::string_view name;
    std::string_view rest;  // behind the numbers, without the blanks around it
  };
  using IsShown = std::function<bool(const Line&)>;
  using ColumnOf = std::function<std::size_t(const Line&, const std::string& cpu)>;

  // Asks of each line of the table whether it is shown, and then for the column of each of its cells, in the text's order; `zeros`:
  // also of those that are 0. The number of a CPU is the line of CPUs', which is not its place in the line where some are offline.
  // False if the text does not begin with a line of CPUs.
  bool learn(std::string_view text, bool zeros, const IsShown& is_shown, const ColumnOf& column_of);
  Sampled read(std::string_view text, Row& row) const;

 private:
  struct Entry {
    std::string name;
    std::string rest;
    bool whole = false;                // it is a part of the table
    std::vector<std::size_t> columns;  // one a CPU; none if the line is not shown
  };

  std::string head_;
  std::size_t cpu_count_ = 0;
  std::vector<Entry> entries_;
};

}  // namespace tacho::sampler
