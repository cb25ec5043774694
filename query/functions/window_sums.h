// sum_over_time and avg_over_time: the windows of one series, summed.
//
// Source   Prometheus 3, promql/functions.go: Kahan's sum in Neumaier's form, and the mean by plain summing until that would overflow.
//          The digits are those of the sums one after the other.
// Threads  one query, one thread.
// Cost     whole numbers of which no sum reaches 2^53 (most counters, bytes): O(samples + steps), for then no addition rounds and a
//          window is a difference of two running sums. Else O(samples in all windows), four windows side by side: a compensated sum waits
//          for itself at every sample, four of them do not.
#pragma once

#include "query/functions/range_functions.h"

namespace tacho::query {

void window_sums(const RangeCall& call);
void window_means(const RangeCall& call);

}  // namespace tacho::query
