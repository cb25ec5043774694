#include <fmt/format.h>

#include <cstdio>

#include "proto/base/duration.h"
#include "query/api/json.h"
#include "query/json/object.h"
#include "sampler/catalogue.h"
#include "tools/terminal/metrics_page.h"
#include "tools/verbs/verbs.h"

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

// What a row of the table says; no interval: the agent's own.
void write_metric(query::JsonText& out, const sampler::MetricInfo& m) {
  query::JsonObject o(out);
  o.text("name", m.name);
  o.text("type", metric_type_name(m.type, "untyped"));
  o.text("unit", m.unit);
  o.text("collector", m.collector);
  if (m.default_interval_ms != 0) o.seconds("interval_seconds", m.default_interval_ms);
  o.text("shipped", shipped_of_minute(m));
  o.text("help", m.help);
  o.text("source", m.source);
  o.text("rollup_reason", m.rollup_reason);
}

std::string json() {
  return query::api_success_json([](query::JsonText& out) {
           query::write_list(out, sampler::catalogue(), [&](const sampler::MetricInfo& m) { write_metric(out, m); });
         }) +
         "\n";
}

}  // namespace

int metrics(const MetricsOptions& options) {
  const std::string out = options.format == "markdown" ? metrics_page() : options.format == "json" ? json() : table();
  std::fwrite(out.data(), 1, out.size(), stdout);
  return 0;
}

}  // namespace tacho::tools
