// What one window of a series becomes: count, sum, minimum, maximum, last; and which of them are shipped.
//
// Shape    pure functions over a SeriesView. A window is (end - length, end]; every output of it carries the time
// `end`. Units    TimeMs; values in the metric's own unit. Threads  any. Errors   none: any bits are a value. Cost
// one pass over the window's samples; no allocation. Source   NaN and infinities as Prometheus's avg_over_time,
// max_over_time and min_over_time treat them; the sum is compensated
//          (Neumaier), so that the average is right to the last bit or two whatever the values' magnitudes.
//
// What is shipped under the metric's own name X, by type:
//   gauge                        the average: dashboards that show X keep showing the same quantity.
//   counter, histogram, summary  the last value: rate() and increase() stay exact, resets included.
//   info, stateset               the last value: 0.3 of an information means nothing, and 1 is joined on.
//   unknown                      the last value. It may be a counter, and an averaged counter breaks rate(); a gauge
//   of which
//                                only the last value of a minute is kept is merely a gauge scraped once a minute.
// and X:1m_max, X:1m_min where SeriesInfo::rollup asks for them.
//
// The end of a series: a series that ended inside a window still ships that window's rollup at `end`; one window
// later, when it has not come back, a staleness marker follows at the next end. (A marker at the same time as the
// rollup cannot be: one sample a time.) So the receiver sees the series end at most one window late, and never loses
// its last minute. To know this without any state, also after a restart, rollup() looks at the window before as well.
// A series that merely has a gap (no row, no marker) gets no marker: the source may be hanging, and the receiver's
// look-back deals with it.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "store/queryable.h"

namespace tacho::store {

constexpr std::int64_t kRollupWindowMs = 60'000;

struct RollupWindow {
  TimeMs end = 0;
  std::int64_t length_ms = kRollupWindowMs;

  TimeMs begin() const { return end - length_ms; }  // not part of the window
  TimeRange range() const { return {begin() + 1, end}; }
  RollupWindow previous() const { return {begin(), length_ms}; }
};

// Over the samples that are values; staleness markers are none.
struct RollupStats {
  std::size_t count = 0;
  double sum = 0;      // NaN when a value is, or when both infinities are among them
  double average = 0;  // finite even where the sum of finite values is not
  double min = 0;      // NaN only when every value is
  double max = 0;
  double last = 0;
  TimeMs last_t = 0;
  bool ended = false;  // the newest sample in the window is a staleness marker
};

// All but `ended` are meaningless when count is 0.
RollupStats rollup_stats(const SeriesView& series, const RollupWindow& window);

// One sample to ship at the window's end: under X (which == none), X:1m_max or X:1m_min. The value may be a staleness
// marker.
struct RollupSample {
  Rollup which = Rollup::none;
  double value = 0;
};

struct RollupSamples {
  std::array<RollupSample, 3> samples;
  std::size_t count = 0;

  void add(Rollup which, double value) { samples[count++] = {which, value}; }
  auto begin() const { return samples.begin(); }
  auto end() const { return samples.begin() + static_cast<std::ptrdiff_t>(count); }
};

// Requires: `series` holds the samples of the window and of the one before.
RollupSamples rollup(const SeriesView& series, const RollupWindow& window);

// "X", "X:1m_max" or "X:1m_min"; the duration is the window's.
std::string rollup_name(std::string_view metric, Rollup which, std::int64_t length_ms = kRollupWindowMs);

// The share of rows that a group has in the window, 0..1: rows present / ticks of its interval in the window.
// Negative when the group has no tick in the window (an interval longer than the window): nothing to say then.
double rows_ratio(const GroupRows& group, const RollupWindow& window);

}  // namespace tacho::store
