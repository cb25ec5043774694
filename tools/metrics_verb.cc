#include <fmt/format.h>

#include <cstdio>

#include "proto/base/duration.h"
#include "sampler/catalogue.h"
#include "tools/verbs.h"

namespace tacho::tools {
namespace {

// What of a minute is shipped, beside the metric's own name.
std::string shipped(const sampler::MetricInfo& m) {
  std::string out = m.type == MetricType::gauge ? "avg" : "last";
  if (has(m.rollup, store::Rollup::max)) out += "+max";
  if (has(m.rollup, store::Rollup::min)) out += "+min";
  return out;
}

}  // namespace

int metrics() {
  std::string out = fmt::format("{:<52} {:<8} {:<8} {:<16} {:<8} {:<12} {}\n", "NAME", "TYPE", "UNIT", "COLLECTOR", "INTERVAL",
                                "SHIPPED", "HELP (SOURCE)");
  for (const sampler::MetricInfo& m : sampler::catalogue()) {
    out += fmt::format("{:<52} {:<8} {:<8} {:<16} {:<8} {:<12} {} ({}){}\n", m.name, metric_type_name(m.type, "untyped"),
                       m.unit.empty() ? "-" : m.unit, m.collector,
                       m.default_interval_ms == 0 ? "tick" : format_duration(m.default_interval_ms), shipped(m), m.help, m.source,
                       m.rollup_reason.empty() ? "" : fmt::format(" [{}]", m.rollup_reason));
  }
  std::fwrite(out.data(), 1, out.size(), stdout);
  return 0;
}

}  // namespace tacho::tools
