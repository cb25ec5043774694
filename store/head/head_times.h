// The times of a head's rows, copied once for all questions: a frame's time lies a frame away from the next, so that reading them
// again for each question would cost more than what is asked.
//
// Threads  any.   Cost  rows published since the last look are read; the others lie here, 8 bytes each.
#pragma once

#include <cstdint>
#include <mutex>
#include <vector>

#include "proto/base/sample.h"

namespace tacho::store {

class Head;

// Rows that follow each other, their times strictly increasing: the clock stepped back where the next run begins.
struct HeadRun {
  std::uint64_t first_row = 0;
  std::uint64_t end_row = 0;
  TimeMs t_min = 0;
  TimeMs t_max = 0;
};

class HeadTimes {
 public:
  // Of all rows that can be read now, from `from_row` on. Requires: always the same head.
  std::vector<HeadRun> runs(const Head& head, std::uint64_t from_row);

 private:
  std::mutex mutex_;  // guards what follows. A leaf
  std::uint64_t first_row_ = 0;
  std::vector<TimeMs> times_;  // of row first_row_ and those that follow it; what was published never changes
};

}  // namespace tacho::store
