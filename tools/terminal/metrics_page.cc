#include "tools/terminal/metrics_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "proto/base/duration.h"
#include "sampler/aliases.h"
#include "sampler/host_options.h"
#include "sampler/host_sources.h"

namespace tacho::tools {
namespace {

constexpr char kHead[] = R"(# Metrics

All that the agent can sample, by source. This page is made from the program's own tables by `tacho metrics --format markdown`.

- **Interval** is the time between two samples unless `sampling.sources.SOURCE.interval` says otherwise; *tick* is the agent's `--interval`, 1 s by default.
- **Shipped** is what a minute becomes in long-term storage, all stamped with the minute's end: *last* and *avg* go under the metric's own
  name, *max* and *min* as `NAME:1m_max` and `NAME:1m_min`. What it says in brackets is why a peak is worth a sample a minute.
- A name that ends in `*` stands for all names with that beginning, as the kernel has them.
- A source whose files a machine does not have costs nothing: it is looked for now and then.
- Options are node_exporter's flags: `--collector.diskstats.device-exclude` is `sampling.sources.diskstats.device_exclude`.
)";

// In a table's cell.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|' || c == '*' || c == '<') out += '\\';
    out += c;
  }
  return out;
}

std::string interval_text(std::int64_t ms) { return ms == 0 ? "tick" : format_duration(ms); }

// A source that has no metrics of another's: its name is the collector of its metrics.
const sampler::Source* source_named(const std::vector<std::unique_ptr<sampler::Source>>& sources, std::string_view name) {
  const auto found = std::find_if(sources.begin(), sources.end(), [&](const auto& s) { return s->name() == name; });
  return found == sources.end() ? nullptr : found->get();
}

void append_source(const sampler::Source& source, std::string& out) {
  out += fmt::format("{}, every {}{}.\n\n", source.on_by_default() ? "On by default" : "Off by default",
                     interval_text(source.default_interval_ms()),
                     source.may_block() ? ", in a thread of its own, for what it reads can hang" : "");
}

void append_options(std::string_view source, std::string& out) {
  bool first = true;
  for (const sampler::HostOption& option : sampler::host_options()) {
    if (option.source != source) continue;
    if (first) out += "\n| option | default | |\n| --- | --- | --- |\n";
    first = false;
    out += fmt::format("| `{}` | {} | {} |\n", option.key,
                       option.fallback.empty() ? "" : fmt::format("<code>{}</code>", cell(option.fallback)), cell(option.help));
  }
}

constexpr char kAliasHead[] = R"(
## Aliases

Names of other exporters, answered from the same columns at no cost in storage: where a query names them, in `/metrics?aliases=dcgm,npu`, and in
what is shipped to an endpoint that has `aliases: [dcgm, npu]`. `accel` is the other direction: what a scraped exporter calls its own.
)";

struct AliasSection {
  std::string_view set;
  std::string_view head;
};
constexpr AliasSection kAliasSections[] = {
    {"dcgm",
     "dcgm-exporter's names, with its labels `gpu`, `UUID`, `pci_bus_id`, `device`, `modelName`, `Hostname`, `GPU_I_ID`, "
     "`GPU_I_PROFILE`."},
    {"npu",
     "npu-exporter's names, with its labels `id`, `vdie_id`, `model_name`, `pcie_bus_info`, `namespace`, `pod_name`, "
     "`container_name`."},
    {"accel",
     "Our names, of what is scraped from exporters of accelerators. A card that is sampled here too counts once, as sampled "
     "here."},
};

// name{label="value"}
std::string alias_name(const store::AliasRule& rule) {
  Labels labels(rule.fixed);
  labels.set(kMetricName, rule.name);
  return labels.to_string();
}

void append_aliases(std::string& out) {
  const auto table = sampler::make_alias_table("");
  out += kAliasHead;
  for (const AliasSection& section : kAliasSections) {
    out += fmt::format("\n### {}\n\n{}\n\n| alias | type | what it is |\n| --- | --- | --- |\n", section.set, section.head);
    for (const store::AliasRule& rule : table->rules()) {
      if (rule.set != section.set) continue;
      out += fmt::format("| `{}` | {} | {} |\n", alias_name(rule), metric_type_name(rule.type, "untyped"), cell(rule.help));
    }
  }
}

}  // namespace

std::string shipped_of_minute(const sampler::MetricInfo& metric) {
  std::string out = metric.type == MetricType::gauge ? "avg" : "last";
  if (has(metric.rollup, store::Rollup::max)) out += "+max";
  if (has(metric.rollup, store::Rollup::min)) out += "+min";
  return out;
}

std::string metrics_page() {
  const auto sources = sampler::make_host_sources({});
  std::vector<std::string_view> collectors;
  for (const auto& m : sampler::catalogue()) {
    if (std::find(collectors.begin(), collectors.end(), m.collector) == collectors.end()) collectors.push_back(m.collector);
  }
  std::string out = kHead;
  for (const std::string_view collector : collectors) {
    out += fmt::format("\n## {}\n\n", collector);
    if (const auto* source = source_named(sources, collector)) append_source(*source, out);
    out += "| metric | type | unit | what it is | read from | shipped |\n| --- | --- | --- | --- | --- | --- |\n";
    for (const auto& m : sampler::catalogue()) {
      if (m.collector != collector) continue;
      const std::string why = m.rollup_reason.empty() ? "" : fmt::format(" ({})", cell(m.rollup_reason));
      out += fmt::format("| `{}` | {} | {} | {} | {} | {}{} |\n", m.name, metric_type_name(m.type, "untyped"), m.unit,
                         cell(m.help), cell(m.source), shipped_of_minute(m), why);
    }
    append_options(collector, out);
  }
  append_aliases(out);
  return out;
}

}  // namespace tacho::tools
