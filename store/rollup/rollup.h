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
// and X:1m_max, X:1m_min where SeriesInfo::rollup asks for them; other numbers under other names where the configuration does
// (rollup_policy.h, rollup_outputs.h). Quantiles are those of PromQL's quantile_over_time.
//
// The end of a series: a series that ended inside a window still ships that window's rollup at `end`; one window
// later, when it has not come back, a staleness marker follows at the next end. (A marker at the same time as the
// rollup cannot be: one sample a time.) So the receiver sees the series end at most one window late, and never loses
// its last minute. To know this without any state, also after a restart, rollup() looks at the window before as well.
// A series that merely has a gap (no row, no marker) gets no marker: the source may be hanging, and the receiver's
// look-back deals with it.
#pragma once

#include <vector>

#include "store/queryable.h"
#include "store/rollup/rollup_outputs.h"

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

// The values to ship at the window's end, one for each output, in their order; each may be a staleness marker. Empty: nothing is to be
// shipped.
// Requires: `series` holds the samples of the window and of the one before.
std::vector<double> rollup(const SeriesView& series, const RollupWindow& window, const Outputs& outputs);

// The time from which a counter counts in the window's last sample, if it went back to 0 within the window: that of the last sample
// before it did, for it did so later. 0: it did not.
TimeMs counted_from(const SeriesView& series, const RollupWindow& window);

// The share of rows that a group has in the window, 0..1: rows present / ticks of its interval in the window.
// Negative when the group has no tick in the window (an interval longer than the window): nothing to say then.
double rows_ratio(const GroupRows& group, const RollupWindow& window);

}  // namespace tacho::store
