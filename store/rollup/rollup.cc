#include "store/rollup/rollup.h"

#include <algorithm>
#include <cmath>

#include "proto/base/check.h"

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

// PromQL's: linear between the two values around the rank; a NaN counts as smaller than every number.
double quantile_of(const SeriesView& series, const Slice& slice, double q) {
  std::vector<double> values;
  values.reserve(slice.end - slice.begin);
  for (std::size_t i = slice.begin; i < slice.end; ++i) {
    if (!is_stale(series.values[i])) values.push_back(series.values[i]);
  }
  std::sort(values.begin(), values.end(), [](double a, double b) { return std::isnan(a) ? !std::isnan(b) : a < b; });
  const double rank = q * static_cast<double>(values.size() - 1);
  const double lower = std::floor(rank);
  const auto at = static_cast<std::size_t>(lower);
  const std::size_t above = std::min(at + 1, values.size() - 1);
  const double weight = rank - lower;
  return values[at] * (1 - weight) + values[above] * weight;
}

double value_of(const Output& output, const RollupStats& stats, const SeriesView& series, const RollupWindow& window) {
  switch (output.kind) {
    case Output::Kind::average: return stats.average;
    case Output::Kind::min: return stats.min;
    case Output::Kind::max: return stats.max;
    case Output::Kind::last: return stats.last;
    case Output::Kind::sum: return stats.sum;
    case Output::Kind::count: return static_cast<double>(stats.count);
    case Output::Kind::quantile: return quantile_of(series, slice_of(series, window), output.quantile);
  }
  return stats.last;
}

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

std::vector<double> rollup(const SeriesView& series, const RollupWindow& window, const Outputs& outputs) {
  const RollupStats now = rollup_stats(series, window);
  if (now.count == 0) {
    // Nothing but a marker, or nothing at all: the series ended in this window or in the one before. A marker that
    // follows a marker is left out; it would be harmless.
    if (!now.ended) {
      const RollupStats before = rollup_stats(series, window.previous());
      if (!before.ended || before.count == 0) return {};
    }
    return std::vector<double>(outputs.size(), stale_marker());
  }
  std::vector<double> out;
  out.reserve(outputs.size());
  for (const Output& output : outputs) out.push_back(value_of(output, now, series, window));
  return out;
}

TimeMs counted_from(const SeriesView& series, const RollupWindow& window) {
  const Slice slice = slice_of(series, window);
  TimeMs from = 0;
  const double* before = nullptr;
  TimeMs before_t = 0;
  // The one before the window may be the last before the reset.
  for (std::size_t i = slice.begin == 0 ? 0 : slice.begin - 1; i < slice.end; ++i) {
    if (is_stale(series.values[i])) continue;
    if (before && series.values[i] < *before) from = before_t;
    before = &series.values[i];
    before_t = series.times[i];
  }
  return from;
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
