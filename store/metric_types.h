// The type of a metric by what was told of it or of its family.
//
// Threads  const use from any.   Cost  a look-up or a few.
// Lifetime what it is made of outlives it.
#pragma once

#include <span>
#include <string_view>
#include <unordered_map>

#include "store/queryable.h"

namespace tacho::store {

class MetricTypes {
 public:
  explicit MetricTypes(std::span<const MetricMetadata> told);
  // `metric` is a series' name; OpenMetrics names a counter's family without its _total.
  MetricType of(std::string_view metric) const;

 private:
  MetricType told(std::string_view name) const;

  std::unordered_map<std::string_view, MetricType> types_;
};

}  // namespace tacho::store
