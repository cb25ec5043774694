#include "store/rollup.h"

#include <algorithm>
#include <cmath>

#include "proto/base/check.h"
#include "proto/base/duration.h"

namespace tacho::store {
namespace {

// Neumaier's compensated sum: `lost` gathers the low-order part that each addition rounds away.
struct CompensatedSum {
  double sum = 0;
  double lost = 0;

  void add(double v) {
    const double t = sum + v;
    if (!std::isfinite(t)) {
      lost = 0;  // Inf - Inf would make it NaN and hide the infinity
    } else if (std::fabs(sum) >= std::fabs(v)) {
      lost += (sum - t) + v;
    } else {
      lost += (v - t) + sum;
    }
    sum = t;
  }
  double total() const { return sum + lost; }
};

struct Slice {
  std::size_t begin = 0;
  std::size_t end = 0;
};

Slice slice_of(const SeriesView& series, const RollupWindow& window) {
  const auto first = series.times.begin();
  const auto from = std::upper_bound(first, series.times.end(), window.begin());
  const auto to = std::upper_bound(from, series.times.end(), window.end);
  return {static_cast<std::size_t>(from - first), static_cast<std::size_t>(to - first)};
}

// The sum of finite values can be infinite (twice the largest double); their average never is.
double average_without_overflow(const SeriesView& series, const Slice& slice, std::size_t count) {
  CompensatedSum mean;
  for (std::size_t i = slice.begin; i < slice.end; ++i) {
    if (!is_stale(series.values[i])) mean.add(series.values[i] / static_cast<double>(count));
  }
  return mean.total();
}

bool is_averaged(MetricType type) { return type == MetricType::gauge; }

}  // namespace

RollupStats rollup_stats(const SeriesView& series, const RollupWindow& window) {
  TACHO_CHECK(series.times.size() == series.values.size());
  const Slice slice = slice_of(series, window);
  RollupStats stats;
  CompensatedSum sum;
  bool has_infinity = false;
  for (std::size_t i = slice.begin; i < slice.end; ++i) {
    const double v = series.values[i];
    if (is_stale(v)) continue;
    // A NaN gives way to any number; a number never gives way to NaN.
    if (stats.count == 0 || v > stats.max || std::isnan(stats.max)) stats.max = v;
    if (stats.count == 0 || v < stats.min || std::isnan(stats.min)) stats.min = v;
    has_infinity |= std::isinf(v);
    sum.add(v);
    ++stats.count;
    stats.last = v;
    stats.last_t = series.times[i];
  }
  stats.ended = slice.end > slice.begin && is_stale(series.values[slice.end - 1]);
  if (stats.count == 0) return stats;
  stats.sum = sum.total();
  stats.average = std::isinf(stats.sum) && !has_infinity ? average_without_overflow(series, slice, stats.count)
                                                         : stats.sum / static_cast<double>(stats.count);
  return stats;
}

RollupSamples rollup(const SeriesView& series, const RollupWindow& window) {
  const RollupStats now = rollup_stats(series, window);
  RollupStats shipped = now;
  if (now.count == 0) {
    // Nothing but a marker, or nothing at all: the series ended in this window or in the one before. A marker that
    // follows a marker is left out; it would be harmless.
    if (!now.ended) {
      const RollupStats before = rollup_stats(series, window.previous());
      if (!before.ended || before.count == 0) return {};
    }
    shipped.average = shipped.last = shipped.max = shipped.min = stale_marker();
  }
  RollupSamples out;
  out.add(Rollup::none, is_averaged(series.info->type) ? shipped.average : shipped.last);
  if (has(series.info->rollup, Rollup::max)) out.add(Rollup::max, shipped.max);
  if (has(series.info->rollup, Rollup::min)) out.add(Rollup::min, shipped.min);
  return out;
}

std::string rollup_name(std::string_view metric, Rollup which, std::int64_t length_ms) {
  std::string name(metric);
  if (which == Rollup::none) return name;
  name += ':';
  name += format_duration(length_ms);
  name += which == Rollup::max ? "_max" : "_min";
  return name;
}

double rows_ratio(const GroupRows& group, const RollupWindow& window) {
  TACHO_CHECK(group.interval_ms > 0);
  // Ticks are the whole multiples of the interval since the epoch.
  const std::int64_t expected = window.end / group.interval_ms - window.begin() / group.interval_ms;
  if (expected <= 0) return -1;
  // More rows than ticks: a row off its tick beside rows on theirs. Nothing is missing then.
  return std::min(1.0, static_cast<double>(group.rows) / static_cast<double>(expected));
}

}  // namespace tacho::store
