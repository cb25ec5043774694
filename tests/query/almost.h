// When two values count as equal: Prometheus's own rule for its test scripts.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

namespace tacho::query {

inline bool almost_equal(double a, double b, double epsilon = 1e-6) {
  if (std::isnan(a) && std::isnan(b)) return true;
  if (a == b) return true;
  const double sum = std::fabs(a) + std::fabs(b), difference = std::fabs(a - b);
  if (std::isnan(difference)) return false;
  constexpr double kMin = std::numeric_limits<double>::min();
  if (a == 0 || b == 0 || sum < kMin) return difference < epsilon * kMin;
  return difference / std::min(sum, std::numeric_limits<double>::max()) < epsilon;
}

}  // namespace tacho::query
