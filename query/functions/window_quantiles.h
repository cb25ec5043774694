// quantile_over_time: the windows of one series, in order of size.
//
// Shape    windows that overlap keep their order: what leaves is taken out of a sorted array, what comes is put in its place.
// Threads  one query, one thread.
// Cost     a window: two binary searches and two moves of part of its samples for each that comes or goes; where most are new, a
//          selection of the two order statistics.
#pragma once

#include "query/functions/range_functions.h"

namespace tacho::query {

// Requires: call.first has the quantile of each step.
void window_quantiles(const RangeCall& call);

}  // namespace tacho::query
