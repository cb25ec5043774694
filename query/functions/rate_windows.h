// What rate(), increase() and delta() know of a window before they look at a value: it follows from times alone, and the series of a group
// have the same times.
//
// Source   Prometheus 3, promql/functions.go, extrapolatedRate: the same operations in the same order.
// Threads  one query, one thread.
// Cost     some divisions a window for the first series with these times; for the next ones a comparison of times. 56 bytes a step.
#pragma once

#include <span>
#include <vector>

#include "query/functions/windows.h"

namespace tacho::query {

// A window with two samples or more: [lo, hi).
struct RateWindow {
  std::size_t step, lo, hi;
  double sampled;   // seconds between its first and its last sample
  double to_start;  // seconds by which it is extended
  double to_end;
  double factor;  // what an increase is multiplied by if it is extended so
};

class RateWindows {
 public:
  RateWindows(const WindowGrid& grid, bool per_second) : grid_(grid), per_second_(per_second) {}

  // Valid until the next call, as the series' times must be.
  std::span<const RateWindow> of(const RangeSeries& series);
  // The factor of a window that is extended by less at its start.
  double factor(const RateWindow& w, double to_start) const;

 private:
  RateWindow make(std::size_t step, std::size_t lo, std::size_t hi) const;

  const WindowGrid grid_;
  const bool per_second_;
  std::span<const TimeMs> times_;
  std::vector<RateWindow> windows_;
};

}  // namespace tacho::query
