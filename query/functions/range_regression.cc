// deriv and predict_linear (least squares), double_exponential_smoothing.
#include <cmath>

#include "query/engine/numeric.h"
#include "query/functions/range_functions.h"

namespace tacho::query {
namespace {

struct Line {
  double slope;
  double intercept;
};

Line linear_regression(const RangeSeries& s, std::size_t lo, std::size_t hi, TimeMs intercept_time) {
  KahanSum x_sum, y_sum, xy_sum, xx_sum;
  bool constant = true;
  for (std::size_t i = lo; i < hi; ++i) {
    const double y = s.values[i];
    if (y != s.values[lo] && i > lo) constant = false;
    const double x = static_cast<double>(s.times[i] - intercept_time) / 1e3;
    x_sum.add(x);
    y_sum.add(y);
    xy_sum.add(x * y);
    xx_sum.add(x * x);
  }
  const double first = s.values[lo];
  if (constant) return std::isinf(first) ? Line{normal_nan(), normal_nan()} : Line{0, first};
  const double n = static_cast<double>(hi - lo);
  const double sx = x_sum.sum + x_sum.c, sy = y_sum.sum + y_sum.c;
  const double sxy = xy_sum.sum + xy_sum.c, sxx = xx_sum.sum + xx_sum.c;
  const double covariance = sxy - sx * sy / n;
  const double variance = sxx - sx * sx / n;
  const double slope = covariance / variance;
  return {slope, sy / n - slope * sx / n};
}

double smooth(std::span<const double> v, double smoothing, double trend) {
  double before = 0;
  double level = v[0];
  double b = v[1] - v[0];
  for (std::size_t i = 1; i < v.size(); ++i) {
    const double x = smoothing * v[i];
    if (i > 1) b = trend * (level - before) + (1 - trend) * b;
    const double y = (1 - smoothing) * (level + b);
    before = level;
    level = x + y;
  }
  return level;
}

}  // namespace

void regression_family(const RangeCall& call) {
  const RangeSeries& s = call.series;
  for_each_window(s, call.input.windows, [&](std::size_t step, std::size_t lo, std::size_t hi) {
    if (hi - lo < 2 || !call.env.keep_going(hi - lo)) return;
    if (call.id == FunctionId::deriv) {
      // Counting from a time near the samples keeps the squares small.
      call.set(step, linear_regression(s, lo, hi, s.times[lo]).slope);
    } else if (call.id == FunctionId::predict_linear) {
      const Line line = linear_regression(s, lo, hi, call.grid.at(step));
      call.set(step, line.slope * call.first[step] + line.intercept);
    } else {
      call.set(step, smooth(s.values.subspan(lo, hi - lo), call.first[step], call.second[step]));
    }
  });
}

}  // namespace tacho::query
