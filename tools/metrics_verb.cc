#include <fmt/format.h>

#include <cstdio>

#include "proto/base/duration.h"
#include "sampler/catalogue.h"
#include "tools/metrics_page.h"
#include "tools/verbs.h"

namespace tacho::tools {
namespace {

std::string table() {
  std::string out = fmt::format("{:<52} {:<8} {:<8} {:<16} {:<8} {:<12} {}\n", "NAME", "TYPE", "UNIT", "COLLECTOR", "INTERVAL",
                                "SHIPPED", "HELP (SOURCE)");
  for (const sampler::MetricInfo& m : sampler::catalogue()) {
    out += fmt::format("{:<52} {:<8} {:<8} {:<16} {:<8} {:<12} {} ({}){}\n", m.name, metric_type_name(m.type, "untyped"),
                       m.unit.empty() ? "-" : m.unit, m.collector,
                       m.default_interval_ms == 0 ? "tick" : format_duration(m.default_interval_ms), shipped_of_minute(m), m.help,
                       m.source, m.rollup_reason.empty() ? "" : fmt::format(" [{}]", m.rollup_reason));
  }
  return out;
}

}  // namespace

int metrics(const MetricsOptions& options) {
  const std::string out = options.format == "markdown" ? metrics_page() : table();
  std::fwrite(out.data(), 1, out.size(), stdout);
  return 0;
}

}  // namespace tacho::tools
