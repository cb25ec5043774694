#include "store/metric_types.h"

#include "proto/exposition.h"

namespace tacho::store {

MetricTypes::MetricTypes(std::span<const MetricMetadata> told) {
  for (const MetricMetadata& m : told) types_.emplace(m.name, m.type);
}

MetricType MetricTypes::told(std::string_view name) const {
  const auto at = types_.find(name);
  return at == types_.end() ? MetricType::unknown : at->second;
}

MetricType MetricTypes::of(std::string_view metric) const {
  if (const MetricType t = told(metric); t != MetricType::unknown) return t;
  for (const MetricType t : {MetricType::counter, MetricType::info, MetricType::histogram, MetricType::summary}) {
    if (told(family_name(metric, t, TextFormat::openmetrics)) == t) return t;
  }
  return MetricType::unknown;
}

}  // namespace tacho::store
