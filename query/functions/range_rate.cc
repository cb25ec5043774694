// rate, increase, delta with extrapolation to the range's ends; irate, idelta; changes, resets.
// Source: Prometheus 3, promql/functions.go, extrapolatedRate and instantValue: the same operations in the same
// order.
#include <cmath>

#include "query/functions/range_functions.h"

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

// A counter was not below zero: it began where the line through it meets zero, if that lies in the part by which the window is extended.
double counter_factor(const RateWindows& windows, const RateWindow& w, double first, double increase) {
  if (!(increase > 0) || !(first >= 0)) return w.factor;
  // Where zero is far away, which is nearly always, no division is needed to see it; what could overflow or underflow is divided.
  const double far = first * w.sampled;
  if (far > 1e-290 && far < 1e300 && far >= 2 * w.to_start * increase) return w.factor;
  const double to_zero = w.sampled * (first / increase);
  return to_zero < w.to_start ? windows.factor(w, to_zero) : w.factor;
}

void extrapolated(const RangeCall& call) {
  const auto v = call.series.values;
  const bool is_counter = call.id != FunctionId::delta;
  const std::vector<std::size_t> resets = is_counter ? reset_positions(v) : std::vector<std::size_t>{};
  std::size_t first_reset = 0;
  for (const RateWindow& w : call.rate_windows.of(call.series)) {
    double increase = v[w.hi - 1] - v[w.lo];
    while (first_reset < resets.size() && resets[first_reset] <= w.lo) ++first_reset;
    for (std::size_t r = first_reset; r < resets.size() && resets[r] < w.hi; ++r) increase += v[resets[r] - 1];
    call.set(w.step, increase * (is_counter ? counter_factor(call.rate_windows, w, v[w.lo], increase) : w.factor));
  }
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
