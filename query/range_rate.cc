// rate, increase, delta with extrapolation to the range's ends; irate, idelta; changes, resets.
// Source: Prometheus 3, promql/functions.go, extrapolatedRate and instantValue: the same operations in the same
// order.
#include <cmath>

#include "query/range_functions.h"

namespace tacho::query {
namespace {

// Where the counter fell, in order: a window sums these instead of walking all its samples.
std::vector<std::size_t> reset_positions(std::span<const double> v) {
  std::vector<std::size_t> out;
  for (std::size_t i = 1; i < v.size(); ++i) {
    if (v[i] < v[i - 1]) out.push_back(i);
  }
  return out;
}

struct Extrapolation {
  bool is_counter;
  bool is_rate;
  double range_seconds;
};

double extrapolate(double increase, double first_value, TimeMs first_t, TimeMs last_t, std::size_t samples, TimeMs end,
                   std::int64_t range, const Extrapolation& how) {
  double to_start = static_cast<double>(first_t - (end - range)) / 1000;
  double to_end = static_cast<double>(end - last_t) / 1000;
  const double sampled = static_cast<double>(last_t - first_t) / 1000;
  const double average = sampled / static_cast<double>(samples - 1);
  const double threshold = average * 1.1;
  if (to_start >= threshold) to_start = average / 2;
  if (how.is_counter) {
    // A counter was not below zero: it began where the line through it meets zero, if that lies in the range.
    double to_zero = to_start;
    if (increase > 0 && first_value >= 0) to_zero = sampled * (first_value / increase);
    if (to_zero < to_start) to_start = to_zero;
  }
  if (to_end >= threshold) to_end = average / 2;
  double factor = (sampled + to_start + to_end) / sampled;
  if (how.is_rate) factor /= how.range_seconds;
  return increase * factor;
}

void extrapolated(const RangeCall& call) {
  const auto [t, v] = std::pair(call.series.times, call.series.values);
  const WindowGrid& g = call.input.windows;
  const bool is_counter = call.id != FunctionId::delta;
  const Extrapolation how{is_counter, call.id == FunctionId::rate, static_cast<double>(g.range) / 1000};
  const std::vector<std::size_t> resets = is_counter ? reset_positions(v) : std::vector<std::size_t>{};
  std::size_t first_reset = 0;
  for_each_window(call.series, g, [&](std::size_t step, std::size_t lo, std::size_t hi) {
    if (hi - lo < 2) return;
    double increase = v[hi - 1] - v[lo];
    while (first_reset < resets.size() && resets[first_reset] <= lo) ++first_reset;
    for (std::size_t r = first_reset; r < resets.size() && resets[r] < hi; ++r) increase += v[resets[r] - 1];
    call.set(step, extrapolate(increase, v[lo], t[lo], t[hi - 1], hi - lo, g.end(step), g.range, how));
  });
}

void instant_value(const RangeCall& call) {
  const auto [t, v] = std::pair(call.series.times, call.series.values);
  const bool is_rate = call.id == FunctionId::irate;
  for_each_window(call.series, call.input.windows, [&](std::size_t step, std::size_t lo, std::size_t hi) {
    if (hi - lo < 2) return;
    const double last = v[hi - 1], before = v[hi - 2];
    double result = is_rate && last < before ? last : last - before;
    const std::int64_t interval = t[hi - 1] - t[hi - 2];
    if (interval == 0) return;
    if (is_rate) result /= static_cast<double>(interval) / 1000;
    call.set(step, result);
  });
}

}  // namespace

void rate_family(const RangeCall& call) {
  if (call.id == FunctionId::irate || call.id == FunctionId::idelta) {
    instant_value(call);
  } else {
    extrapolated(call);
  }
}

void counting_family(const RangeCall& call) {
  const auto v = call.series.values;
  // Events up to and with sample i; a window's count is a difference of two.
  std::vector<std::uint32_t> seen(v.size(), 0);
  for (std::size_t i = 1; i < v.size(); ++i) {
    const bool event =
        call.id == FunctionId::resets ? v[i] < v[i - 1] : v[i] != v[i - 1] && !(std::isnan(v[i]) && std::isnan(v[i - 1]));
    seen[i] = seen[i - 1] + (event ? 1 : 0);
  }
  for_each_window(call.series, call.input.windows,
                  [&](std::size_t step, std::size_t lo, std::size_t hi) { call.set(step, seen[hi - 1] - seen[lo]); });
}

void apply_range_function(const RangeCall& call) {
  using F = FunctionId;
  switch (call.id) {
    case F::rate:
    case F::increase:
    case F::delta:
    case F::irate:
    case F::idelta: return call.input.anchored || call.input.smoothed ? extended_rate_family(call) : rate_family(call);
    case F::changes:
    case F::resets: return call.input.anchored ? extended_rate_family(call) : counting_family(call);
    case F::deriv:
    case F::predict_linear:
    case F::double_exponential_smoothing: return regression_family(call);
    default: return over_time_family(call);
  }
}

}  // namespace tacho::query
