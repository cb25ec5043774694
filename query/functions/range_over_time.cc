// The *_over_time functions.
#include <cmath>

#include "query/engine/numeric.h"
#include "query/functions/range_functions.h"
#include "query/functions/window_quantiles.h"
#include "query/functions/window_sums.h"

namespace tacho::query {
namespace {

using F = FunctionId;

double variance_of(std::span<const double> v) {
  double count = 0;
  KahanSum mean, aux;
  for (const double x : v) {
    count += 1;
    const double delta = x - (mean.sum + mean.c);
    mean.add(delta / count);
    aux.add(delta * (x - (mean.sum + mean.c)));
  }
  return (aux.sum + aux.c) / count;
}

double quantile_of(std::span<const double> v, double q, std::vector<double>& scratch) {
  scratch.assign(v.begin(), v.end());
  return quantile(q, scratch);
}

double median_deviation(std::span<const double> v, std::vector<double>& scratch) {
  if (std::any_of(v.begin(), v.end(), [](double x) { return std::isnan(x); })) return normal_nan();
  const double median = quantile_of(v, 0.5, scratch);
  scratch.resize(v.size());
  for (std::size_t i = 0; i < v.size(); ++i) scratch[i] = std::fabs(v[i] - median);
  return quantile(0.5, scratch);
}

// The index of the window's extreme in O(1) amortised: a queue of candidates, each better than all after it. NaN is
// worse than any number. `later_wins`: of equal values the newest is the one (the ts_of_ functions).
template <class Better>
void sliding_extreme(const RangeCall& call, bool later_wins, bool give_time, Better better) {
  const auto v = call.series.values;
  std::vector<std::size_t> queue(v.size());
  std::size_t head = 0, tail = 0, next = 0;
  const auto loses = [&](std::size_t old, std::size_t fresh) {
    if (std::isnan(v[old])) return !std::isnan(v[fresh]) || later_wins;
    return better(v[fresh], v[old]) || (later_wins && v[fresh] == v[old]);
  };
  for_each_window(call.series, call.input.windows, [&](std::size_t step, std::size_t lo, std::size_t hi) {
    if (next < lo) next = lo;
    for (; next < hi; ++next) {
      while (tail > head && loses(queue[tail - 1], next)) --tail;
      queue[tail++] = next;
    }
    while (queue[head] < lo) ++head;
    const std::size_t best = queue[head];
    call.set(step, give_time ? static_cast<double>(call.series.times[best]) / 1000 : v[best]);
  });
}

// When windows do not overlap a queue saves nothing.
template <class Better>
void plain_extreme(const RangeCall& call, bool later_wins, bool give_time, Better better) {
  const auto v = call.series.values;
  for_each_window(call.series, call.input.windows, [&](std::size_t step, std::size_t lo, std::size_t hi) {
    std::size_t best = lo;
    for (std::size_t i = lo + 1; i < hi; ++i) {
      if (better(v[i], v[best]) || std::isnan(v[best]) || (later_wins && v[i] == v[best])) best = i;
    }
    call.set(step, give_time ? static_cast<double>(call.series.times[best]) / 1000 : v[best]);
  });
}

template <class Better>
void extreme(const RangeCall& call, bool later_wins, bool give_time, Better better) {
  const WindowGrid& g = call.input.windows;
  if (g.count == 1 || g.step * 2 >= g.range) return plain_extreme(call, later_wins, give_time, better);
  sliding_extreme(call, later_wins, give_time, better);
}

template <class Of>
void each_window(const RangeCall& call, Of of) {
  const auto v = call.series.values;
  for_each_window(call.series, call.input.windows, [&](std::size_t step, std::size_t lo, std::size_t hi) {
    if (call.env.keep_going(hi - lo)) call.set(step, of(v.subspan(lo, hi - lo), step));
  });
}

void time_of_end(const RangeCall& call) {
  for_each_window(call.series, call.input.windows, [&](std::size_t step, std::size_t lo, std::size_t hi) {
    const std::size_t i = call.id == F::ts_of_first_over_time ? lo : hi - 1;
    call.set(step, static_cast<double>(call.series.times[i]) / 1000);
  });
}

}  // namespace

void over_time_family(const RangeCall& call) {
  using Window = std::span<const double>;
  const auto less = [](double a, double b) { return a < b; };
  const auto greater = [](double a, double b) { return a > b; };
  std::vector<double> scratch;
  switch (call.id) {
    case F::sum_over_time: return window_sums(call);
    case F::avg_over_time: return window_means(call);
    case F::count_over_time: return each_window(call, [](Window w, std::size_t) { return static_cast<double>(w.size()); });
    case F::min_over_time: return extreme(call, false, false, less);
    case F::max_over_time: return extreme(call, false, false, greater);
    case F::ts_of_min_over_time: return extreme(call, true, true, less);
    case F::ts_of_max_over_time: return extreme(call, true, true, greater);
    case F::stdvar_over_time: return each_window(call, [](Window w, std::size_t) { return variance_of(w); });
    case F::stddev_over_time: return each_window(call, [](Window w, std::size_t) { return std::sqrt(variance_of(w)); });
    case F::last_over_time: return each_window(call, [](Window w, std::size_t) { return w.back(); });
    case F::first_over_time: return each_window(call, [](Window w, std::size_t) { return w.front(); });
    case F::present_over_time:
    case F::absent_over_time: return each_window(call, [](Window, std::size_t) { return 1.0; });
    case F::quantile_over_time: return window_quantiles(call);
    case F::mad_over_time: return each_window(call, [&](Window w, std::size_t) { return median_deviation(w, scratch); });
    default: return time_of_end(call);
  }
}

}  // namespace tacho::query
