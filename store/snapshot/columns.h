// Which series of a selection share rows: columns that a snapshot's parts are made of.
//
// Shape    series with the same times are columns of the same rows. So are those whose times are some of these rows, at least one in
//          kCellsPerSample: a series that began or ended, or missed ticks, is a column with absent cells beside its sisters.
// Threads  pure.   Cost  a pass over each distinct array of times, and one for each larger one that it is tried against, eight at most.
// Lifetime what it gives points into the selection.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "store/queryable.h"

namespace tacho::store {

struct SnapshotRows {
  std::span<const TimeMs> times;
  std::vector<std::size_t> series;  // of the selection, ascending
};

// Each series once; the same for equal selections.
std::vector<SnapshotRows> snapshot_rows(std::span<const SeriesView> series);

}  // namespace tacho::store
