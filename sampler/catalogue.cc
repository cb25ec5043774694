#include "sampler/catalogue.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <unordered_map>

#include "proto/base/check.h"
#include "sampler/catalogue/rows.h"

namespace tacho::sampler {
namespace {

struct Catalogue {
  std::vector<MetricInfo> rows;
  std::unordered_map<std::string_view, const MetricInfo*> exact;  // into rows
  std::vector<const MetricInfo*> patterns;                        // names that end in '*', the longest first
};

Catalogue make_catalogue() {
  Catalogue made;
  for (const auto part : {system_metrics(), memory_metrics(), storage_metrics(), file_system_metrics(), network_metrics(),
                          ethtool_metrics(), hardware_metrics(), accel_metrics(), workload_metrics(), agent_metrics()}) {
    made.rows.insert(made.rows.end(), part.begin(), part.end());
  }
  for (const MetricInfo& metric : made.rows) {
    TACHO_CHECK(made.exact.emplace(metric.name, &metric).second, fmt::format("{} is in the catalogue twice", metric.name));
    if (metric.name.ends_with('*')) made.patterns.push_back(&metric);
  }
  std::stable_sort(made.patterns.begin(), made.patterns.end(),
                   [](const MetricInfo* a, const MetricInfo* b) { return a->name.size() > b->name.size(); });
  return made;
}

// Never destroyed: threads that were left behind may still describe.
const Catalogue& the_catalogue() {
  static const auto* const made = new Catalogue(make_catalogue());
  return *made;
}

}  // namespace

std::span<const MetricInfo> catalogue() { return the_catalogue().rows; }

const MetricInfo* find_metric(std::string_view name) {
  const Catalogue& all = the_catalogue();
  if (const auto it = all.exact.find(name); it != all.exact.end()) return it->second;
  for (const MetricInfo* metric : all.patterns) {
    if (name.starts_with(metric->name.substr(0, metric->name.size() - 1))) return metric;
  }
  return nullptr;
}

std::size_t SchemaBuilder::add(std::string_view metric, std::vector<Label> labels) {
  const MetricInfo* info = find_metric(metric);
  TACHO_CHECK(info != nullptr, fmt::format("{} is not in the catalogue", metric));
  labels.push_back({std::string(kMetricName), std::string(metric)});
  return push({.labels = Labels{std::move(labels)}, .type = info->type, .rollup = info->rollup});
}

std::size_t SchemaBuilder::add_foreign(Labels labels, MetricType type) {
  TACHO_CHECK(labels.has(kMetricName), "a series has no metric's name");
  return push({.labels = std::move(labels), .type = type});
}

std::size_t SchemaBuilder::push(store::SeriesInfo info) {
  if (!seen_.insert(info.labels).second) return kNoColumn;
  schema_.push_back(std::move(info));
  return schema_.size() - 1 - first_;
}

}  // namespace tacho::sampler
