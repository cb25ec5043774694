#include "query/functions/buckets.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "proto/base/sample.h"

namespace tacho::query {
namespace {

constexpr double kSmallDelta = 1e-12;

// Sorted, with equal bounds added together. False without a +Inf bucket: then nothing can be said.
bool normalise(std::vector<Bucket>& buckets) {
  std::stable_sort(buckets.begin(), buckets.end(),
                   [](const Bucket& a, const Bucket& b) { return a.upper_bound < b.upper_bound; });
  if (buckets.back().upper_bound != std::numeric_limits<double>::infinity()) return false;
  std::size_t last = 0;
  for (std::size_t i = 1; i < buckets.size(); ++i) {
    if (buckets[i].upper_bound == buckets[last].upper_bound) {
      buckets[last].count += buckets[i].count;
    } else {
      buckets[++last] = buckets[i];
    }
  }
  buckets.resize(last + 1);
  return true;
}

bool almost_equal(double a, double b) {
  const double sum = std::fabs(a) + std::fabs(b), difference = std::fabs(a - b);
  if (a == 0 || b == 0 || sum < std::numeric_limits<double>::min()) {
    return difference < kSmallDelta * std::numeric_limits<double>::min();
  }
  return difference / std::min(sum, std::numeric_limits<double>::max()) < kSmallDelta;
}

// Counts may not fall. True when more than rounding had to be repaired.
bool make_monotonic(std::vector<Bucket>& buckets) {
  bool forced = false;
  double before = buckets[0].count;
  for (std::size_t i = 1; i < buckets.size(); ++i) {
    const double now = buckets[i].count;
    if (now == before) continue;
    if (almost_equal(before, now)) {
      buckets[i].count = before;
    } else if (now < before) {
      buckets[i].count = before;
      forced = true;
    } else {
      before = now;
    }
  }
  return forced;
}

}  // namespace

BucketQuantile bucket_quantile(double q, std::vector<Bucket>& buckets) {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  if (std::isnan(q)) return {normal_nan()};
  if (q < 0) return {-kInf};
  if (q > 1) return {kInf};
  if (!normalise(buckets)) return {normal_nan()};
  const bool forced = make_monotonic(buckets);
  const std::size_t n = buckets.size();
  const double observations = buckets.back().count;
  if (n < 2 || observations == 0) return {normal_nan(), forced && n >= 2};
  double rank = q * observations;
  std::size_t b = 0;
  while (b < n - 1 && !(buckets[b].count >= rank)) ++b;
  if (b == n - 1) return {buckets[n - 2].upper_bound, forced};
  if (b == 0 && buckets[0].upper_bound <= 0) return {buckets[0].upper_bound, forced};
  double start = 0;
  double count = buckets[b].count;
  if (b > 0) {
    start = buckets[b - 1].upper_bound;
    count -= buckets[b - 1].count;
    rank -= buckets[b - 1].count;
  }
  return {start + (buckets[b].upper_bound - start) * (rank / count), forced};
}

double bucket_fraction(double lower, double upper, std::vector<Bucket>& buckets) {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  if (!normalise(buckets)) return normal_nan();
  const double total = buckets.back().count;
  if (total == 0 || std::isnan(lower) || std::isnan(upper)) return normal_nan();
  if (lower >= upper) return 0;
  double rank = 0, lower_rank = total, upper_rank = total;
  bool lower_set = false, upper_set = false;
  for (std::size_t i = 0; i < buckets.size() && !(lower_set && upper_set); ++i) {
    const double end = buckets[i].upper_bound;
    // The lowest bucket is taken to begin at zero, unless it ends below.
    const double begin = i > 0 ? buckets[i - 1].upper_bound : end > 0 ? 0 : -kInf;
    const auto rank_at = [&](double v) {
      return std::isinf(begin) ? buckets[i].count : rank + (buckets[i].count - rank) * (v - begin) / (end - begin);
    };
    const auto place = [&](double v, bool& set, double& at) {
      if (!set && begin >= v) {
        at = rank;
        set = true;
      }
      if (!set && begin < v && end > v) {
        at = rank_at(v);
        set = true;
      }
    };
    place(lower, lower_set, lower_rank);
    place(upper, upper_set, upper_rank);
    rank = buckets[i].count;
  }
  lower_rank = std::min(lower_rank, total);
  upper_rank = std::min(upper_rank, total);
  return (upper_rank - lower_rank) / total;
}

}  // namespace tacho::query
