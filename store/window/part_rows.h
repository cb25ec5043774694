// The rows of a part of the window, read: out of a head, a stage or a block of the ring.
//
// Cost     a head: a copy. Else what is decoded: of the columns asked for the rows in range, and a piece of the block for each of them.
// Errors   a block that cannot be read or is damaged as a whole; a column that is damaged is absent, and said so.
#pragma once

#include <span>
#include <vector>

#include "store/window/window_parts.h"

namespace tacho::store {

struct PartRows {
  std::vector<TimeMs> times;
  std::vector<std::vector<double>> columns;  // as many as asked for, each as long as times
  bool damaged = false;                      // columns that could not be read are absent
};

// The part's rows that are visible and in the range.
Result<PartRows> read_part(const WindowSnapshot& window, const Part& part, std::span<const std::uint32_t> columns,
                           TimeRange range);

}  // namespace tacho::store
