// Which numbers of a window are kept of a series, and what they are called.
//
// Names    one of them goes under the metric's own name X: the natural one (average of a gauge, last value of all others) if it is among them,
//          else the only one there is. All others are X:LENGTH_avg, _min, _max, _last, _sum, _count, _p99 (p99_9 for 0.999), where LENGTH is
//          the window's, as in X:1m_max.
// Threads  values.
// Source   the names are VictoriaMetrics's for stream aggregation, shortened.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/series.h"

namespace tacho::store {

struct Output {
  enum class Kind : std::uint8_t { average, min, max, last, sum, count, quantile };
  Kind kind = Kind::average;
  double quantile = 0;  // 0..1, of that kind
  bool own_name = false;

  bool operator==(const Output&) const = default;
};
using Outputs = std::vector<Output>;

// What a metric's own name stands for: the average of a gauge, the last value of all others.
Output::Kind natural_output(MetricType type);

// What the catalogue says is kept of a series.
Outputs catalogue_outputs(const SeriesInfo& series);

// The given ones, each once, with own_name where it belongs for a series of that type.
Outputs named_outputs(Outputs outputs, MetricType type);

// "X" or "X:1m_max".
std::string output_name(std::string_view metric, const Output& output, std::int64_t length_ms);

// "avg", "min", "max", "last", "sum", "count", "p50", "p99", "p99_9"; nullopt for what is none. Quantiles: above 0, below 100, three
// digits behind the point at most.
std::optional<Output> parse_output(std::string_view text);

}  // namespace tacho::store
