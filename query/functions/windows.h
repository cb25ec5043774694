// Ranges of samples that end at each step: what a range function sees.
//
// Shape    one series' samples, without staleness markers, in two flat arrays; a window is the samples in
//          (end - range, end], and ends never decrease, so two cursors walk the arrays once for all steps.
// Threads  values and views.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "query/engine/matrix.h"

namespace tacho::query {

struct RangeSeries {
  RowKey key;
  std::span<const TimeMs> times;
  std::span<const double> values;
};

struct WindowGrid {
  TimeMs first_end = 0;
  std::int64_t step = 0;  // 0 under @: every step has the same window
  std::size_t count = 0;
  std::int64_t range = 0;

  TimeMs end(std::size_t i) const { return first_end + static_cast<std::int64_t>(i) * step; }
};

// The value of a matrix selector or a subquery.
struct RangeVector {
  WindowGrid windows;
  std::vector<RangeSeries> series;
  std::int64_t lookback = 0;  // how far anchored and smoothed windows may look out
  bool anchored = false;
  bool smoothed = false;
  std::vector<std::shared_ptr<const void>> owners;
};

// Calls f(step, begin, end) for every window that holds a sample: samples [begin, end).
template <class F>
void for_each_window(const RangeSeries& s, const WindowGrid& g, F&& f) {
  const TimeMs* t = s.times.data();
  const std::size_t n = s.times.size();
  std::size_t lo = static_cast<std::size_t>(std::upper_bound(t, t + n, g.end(0) - g.range) - t);
  std::size_t hi = lo;
  for (std::size_t i = 0; i < g.count; ++i) {
    const TimeMs end = g.end(i);
    while (hi < n && t[hi] <= end) ++hi;
    while (lo < hi && t[lo] <= end - g.range) ++lo;
    if (lo < hi) f(i, lo, hi);
  }
}

}  // namespace tacho::query
