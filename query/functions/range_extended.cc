// rate, increase, delta, changes and resets over ranges that look out of their window: anchored takes the last sample
// before the start as the value at the start; smoothed interpolates at both ends. Nothing is extrapolated.
#include <cmath>

#include "query/functions/range_functions.h"

namespace tacho::query {
namespace {

struct Ends {
  std::span<const TimeMs> t;
  std::span<const double> v;
};

double interpolate(const Ends& p, std::size_t i, TimeMs at, bool is_counter) {
  const double y1 = is_counter && p.v[i + 1] < p.v[i] ? 0 : p.v[i];
  return y1 + (p.v[i + 1] - y1) * static_cast<double>(at - p.t[i]) / static_cast<double>(p.t[i + 1] - p.t[i]);
}

// The last sample at or before `at`, else the first; never the last one of all.
std::size_t first_index(const Ends& p, TimeMs at) {
  const auto end = p.t.end() - 1;
  const auto found = static_cast<std::size_t>(std::upper_bound(p.t.begin(), end, at) - p.t.begin());
  return found == 0 ? 0 : found - 1;
}

double resets_between(double left, double right, std::span<const double> inner) {
  double correction = 0;
  double before = left;
  for (const double v : inner) {
    if (v < before) correction += before;
    before = v;
  }
  return right < before ? correction + before : correction;
}

void rate_of_window(const RangeCall& call, std::size_t step, const Ends& p, TimeMs start, TimeMs end) {
  const bool smoothed = call.input.smoothed;
  const bool is_counter = call.id != FunctionId::delta;
  std::size_t first = first_index(p, start);
  std::size_t last = p.t.size() - 1;
  if (smoothed) last = static_cast<std::size_t>(std::lower_bound(p.t.begin(), p.t.end() - 1, end) - p.t.begin());
  if (p.t[last] <= start || p.t.front() > end) return;
  const bool cut_left = smoothed && p.t[first] < start;
  const double left = cut_left ? interpolate(p, first, start, is_counter) : p.v[first];
  const bool cut_right = smoothed && last > 0 && p.t[last] > end;
  const double right = cut_right ? interpolate(p, last - 1, end, is_counter) : p.v[last];
  double result = right - left;
  if (is_counter) {
    if (p.t[first] <= start) ++first;
    const std::size_t stop = p.t[last] >= end ? last : last + 1;
    if (first < stop) {
      result += resets_between(left, right, p.v.subspan(first, stop - first));
    } else {
      result += resets_between(left, right, {});
    }
  }
  if (call.id == FunctionId::rate) result /= static_cast<double>(call.input.windows.range) / 1000;
  call.set(step, result);
}

void count_of_window(const RangeCall& call, std::size_t step, const Ends& p, TimeMs start) {
  if (p.t.back() <= start) return;
  int count = 0;
  for (std::size_t i = first_index(p, start) + 1; i < p.v.size(); ++i) {
    const double a = p.v[i - 1], b = p.v[i];
    const bool event = call.id == FunctionId::resets ? b < a : b != a && !(std::isnan(a) && std::isnan(b));
    if (event) ++count;
  }
  call.set(step, count);
}

}  // namespace

void extended_rate_family(const RangeCall& call) {
  const WindowGrid& g = call.input.windows;
  const auto t = call.series.times;
  for (std::size_t i = 0; i < g.count; ++i) {
    const TimeMs end = g.end(i);
    const TimeMs start = end - g.range;
    const TimeMs until = call.input.smoothed ? end + call.input.lookback : end;
    const auto lo = std::upper_bound(t.begin(), t.end(), start - call.input.lookback);
    const auto hi = std::upper_bound(lo, t.end(), until);
    if (lo == hi) continue;
    const auto from = static_cast<std::size_t>(lo - t.begin());
    const auto n = static_cast<std::size_t>(hi - lo);
    const Ends p{t.subspan(from, n), call.series.values.subspan(from, n)};
    if (call.id == FunctionId::changes || call.id == FunctionId::resets) {
      count_of_window(call, i, p, start);
    } else {
      rate_of_window(call, i, p, start, end);
    }
  }
}

}  // namespace tacho::query
