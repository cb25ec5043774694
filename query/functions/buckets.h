// Quantiles and fractions of classic histograms: cumulative counts at upper bounds.
// Source: Prometheus 3, promql/quantile.go: the same operations in the same order.
#pragma once

#include <vector>

namespace tacho::query {

struct Bucket {
  double upper_bound;
  double count;  // of observations at or below the bound
};

struct BucketQuantile {
  double value;
  bool forced_monotonic = false;  // counts fell from one bucket to the next and were raised
};

// Requires: at least one bucket. Sorts and changes them.
BucketQuantile bucket_quantile(double q, std::vector<Bucket>& buckets);
// The part of the observations between the bounds.
double bucket_fraction(double lower, double upper, std::vector<Bucket>& buckets);

}  // namespace tacho::query
