// The one table of all metrics that sources fill: name, type, unit, help, where it comes from, what of a minute is shipped.
//
// HELP and TYPE lines, `tacho metrics`, the HTTP metadata and the types and rollups in schemas all come from here, so a metric
// that is not in the table does not exist: SchemaBuilder stops the process over it. What other programs have measured and a
// source passes on (textfile) is not ours, and stands outside the table.
//
// Shape    rows in the order of the sources. A name that ends in '*' stands for all names with that beginning (kernels
//          name their vmstat counters as they like); exact names win, then the longest beginning. The rows lie in
//          sampler/catalogue/, a file a subject.
// Threads  any; the table never changes.
// Cost     find_metric(): a hash look-up, for describe() and for rendering, not for every tick.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "proto/base/sample.h"
#include "store/series.h"

namespace tacho::sampler {

struct MetricInfo {
  std::string_view name;
  MetricType type = MetricType::unknown;
  std::string_view unit;                 // Prometheus's base units: "seconds", "bytes", ...; "" for a mere count
  std::string_view help;                 // one line
  std::string_view source;               // the file or call it is read from
  std::string_view collector;            // node_exporter's name for the group of metrics
  std::int64_t default_interval_ms = 0;  // 0: the agent's --interval
  store::Rollup rollup = store::Rollup::none;
  std::string_view rollup_reason;  // why these peaks earn their place; empty when there is no rollup
};

std::span<const MetricInfo> catalogue();
// nullptr when the catalogue has no such metric.
const MetricInfo* find_metric(std::string_view name);

// A column that is not there; put() (cells.h) ignores it.
inline constexpr std::size_t kNoColumn = static_cast<std::size_t>(-1);

// Adds series to a schema, with type and rollup from the catalogue.
//
// Requires: the metric is in the catalogue (checked); but for what others measured, and the source only passes on.
// Labels    those with an empty value are left out, as everywhere in Prometheus.
// Equal     two series with equal labels cannot be in a schema. Which are added is the world's doing (a file that lists a
//           device twice), so the second one is no error: it gets kNoColumn, the first stays.
class SchemaBuilder {
 public:
  explicit SchemaBuilder(store::Schema& schema) : schema_(schema), first_(schema.size()) {}
  std::size_t add(std::string_view metric, std::vector<Label> labels = {});
  // A series of a metric that is not ours. Requires: the labels have a metric's name.
  std::size_t add_foreign(Labels labels, MetricType type);

 private:
  std::size_t push(store::SeriesInfo info);

  store::Schema& schema_;
  std::size_t first_;  // columns count from the source's first series
  std::unordered_set<Labels, LabelsHash> seen_;
};

}  // namespace tacho::sampler
