// The arithmetic that several families share, kept to the order of operations that Prometheus uses, so that results
// agree to the last digit.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <vector>

#include "proto/base/sample.h"

namespace tacho::query {

// A sum with its compensation (Neumaier's form of Kahan's).
struct KahanSum {
  double sum = 0;
  double c = 0;

  void add(double v) {
    const double t = sum + v;
    if (std::isinf(t)) {
      c = 0;
    } else if (std::fabs(sum) >= std::fabs(v)) {
      c += (sum - t) + v;
    } else {
      c += (v - t) + sum;
    }
    sum = t;
  }
};

// The mean by plain summing until that would overflow, from there on incrementally.
struct RunningMean {
  KahanSum sum;
  double mean = 0;
  double count = 0;
  bool incremental = false;

  void add(double v) {
    count += 1;
    if (count == 1) {
      sum = {v, 0};
      return;
    }
    if (!incremental) {
      KahanSum next = sum;
      next.add(v);
      if (!std::isinf(next.sum)) {
        sum = next;
        return;
      }
      incremental = true;
      mean = sum.sum / (count - 1);
      sum.c /= count - 1;
    }
    const double q = (count - 1) / count;
    KahanSum m{q * mean, q * sum.c};
    m.add(v / count);
    mean = m.sum;
    sum.c = m.c;
  }

  double value() const { return incremental ? mean + sum.c : sum.sum / count + sum.c / count; }
};

// NaN sorts before every number.
inline bool value_less(double a, double b) { return std::isnan(a) ? !std::isnan(b) : a < b; }

// Where a quantile lies among n values: between the order statistics `lower` and `upper`.
struct QuantileRank {
  QuantileRank(double q, std::size_t n) {
    const double last = static_cast<double>(n) - 1;
    const double rank = q * last;
    lower = std::max(0.0, std::floor(rank));
    upper = std::min(last, lower + 1);
    weight = rank - std::floor(rank);
  }
  double between(double at_lower, double at_upper) const { return at_lower * (1 - weight) + at_upper * weight; }

  double lower, upper, weight;
};

// What a quantile is, whatever the values: of none, or beyond 0 and 1.
inline std::optional<double> odd_quantile(double q, bool no_values) {
  if (no_values || std::isnan(q)) return normal_nan();
  if (q < 0) return -std::numeric_limits<double>::infinity();
  if (q > 1) return std::numeric_limits<double>::infinity();
  return {};
}

// The quantile by linear interpolation between the two nearest values; reorders `values`.
inline double quantile(double q, std::vector<double>& values) {
  if (const auto odd = odd_quantile(q, values.empty())) return *odd;
  const QuantileRank r(q, values.size());
  // Two order statistics are wanted, not the whole order.
  const auto at_lower = values.begin() + static_cast<std::ptrdiff_t>(r.lower);
  std::nth_element(values.begin(), at_lower, values.end(), value_less);
  return r.between(*at_lower, r.upper == r.lower ? *at_lower : *std::min_element(at_lower + 1, values.end(), value_less));
}

inline double quantile_of_sorted(double q, const std::vector<double>& sorted) {
  if (const auto odd = odd_quantile(q, sorted.empty())) return *odd;
  const QuantileRank r(q, sorted.size());
  return r.between(sorted[static_cast<std::size_t>(r.lower)], sorted[static_cast<std::size_t>(r.upper)]);
}

// Go's math.Min and math.Max: an infinity wins over NaN, NaN over numbers, -0 is less than 0.
inline double go_min(double a, double b) {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  if (a == -kInf || b == -kInf) return -kInf;
  if (std::isnan(a) || std::isnan(b)) return normal_nan();
  if (a == 0 && b == 0) return std::signbit(a) ? a : b;
  return a < b ? a : b;
}
inline double go_max(double a, double b) {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  if (a == kInf || b == kInf) return kInf;
  if (std::isnan(a) || std::isnan(b)) return normal_nan();
  if (a == 0 && b == 0) return std::signbit(a) ? b : a;
  return a > b ? a : b;
}

}  // namespace tacho::query
