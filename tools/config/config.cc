#include "tools/config/config.h"

#include <algorithm>

#include "proto/base/file.h"
#include "proto/base/log.h"
#include "tools/config/remote_write.h"
#include "tools/config/scrape.h"
#include "tools/config/section.h"
#include "tools/config/shipping.h"
#include "tools/config/text.h"

namespace tacho::tools {
namespace {

constexpr std::uint64_t kBudgetMinBytes = 1u << 20;
constexpr std::uint64_t kQueryMemoryMinBytes = 1u << 20;
constexpr std::int64_t kQueryConcurrencyMax = 64;
constexpr std::int64_t kStreamsMostMax = 200;  // of 256 connections

void read_external_labels(Section& global, Config& config) {
  std::vector<Label> labels;
  for (const auto& [name, value] : global.pairs("external_labels")) {
    if (!is_classic_label_name(name) || name == kMetricName) {
      global.problems().error(value, fmt::format("{}: {} is no label name", global.name_of("external_labels"), quoted(name)));
      continue;
    }
    std::vector<std::string> missing;
    labels.push_back({name, expand_variables(value.Scalar(), missing)});
    for (const std::string& what : missing) {
      global.problems().warning(
          value, fmt::format("{}.{}: {}; nothing is put in its place", global.name_of("external_labels"), name, what));
    }
  }
  config.external_labels = Labels(std::move(labels));
}

void read_global(Section& file, Config& config) {
  const auto node = file.node("global");
  if (!node) return;
  Section s(file.problems(), *node, "global");
  read_external_labels(s, config);
  std::int64_t ignored = 0;
  for (const char* key : {"scrape_interval", "scrape_timeout", "evaluation_interval"}) {
    if (s.duration(key, ignored, 1, kIntervalMaxMs * 24))
      s.problems().warning(
          s.where(key),
          s.name_of(key) +
              " has no effect; the sampling interval is sampling.interval, also of targets without a scrape_interval");
  }
  s.unsupported({"query_log_file", "scrape_failure_log_file"});
  s.finish();
}

void read_storage(Section& file, Config& config) {
  const auto node = file.node("storage");
  if (!node) return;
  Section s(file.problems(), *node, "storage");
  std::uint64_t budget = 0;
  if (s.bytes("budget", budget, kBudgetMinBytes)) config.storage_budget_bytes = budget;
  std::int64_t series = 0;
  if (s.integer("series_max", series, 1, 1'000'000)) config.storage_series_max = static_cast<std::uint64_t>(series);
  std::string folder;
  if (s.text("state", folder)) config.state_dir = folder;
  if (s.text("runtime", folder)) config.runtime_dir = folder;
  s.unsupported({"tsdb", "exemplars"});
  s.finish();
}

void check_source_name(Section& sources, const std::string& name, const ConfigContext& context) {
  const std::vector<std::string_view> known(context.known_sources.begin(), context.known_sources.end());
  if (known.empty() || std::find(known.begin(), known.end(), name) != known.end()) return;
  const std::string_view meant = nearest_word(name, known);
  sources.problems().error(sources.where(name), fmt::format("unknown source {} in sampling.sources{}", quoted(name),
                                                            meant.empty() ? "" : fmt::format("; did you mean {}?", meant)));
}

// node_exporter's filters.
void read_host_options(Section& one, const std::string& source, sampler::HostOptions& options) {
  for (const sampler::HostOption& option : sampler::host_options()) {
    if (option.source != source) continue;
    std::string value;
    bool flag = false;
    if (option.kind == sampler::HostOption::Kind::flag) {
      if (!one.boolean(option.key, flag)) continue;
      value = flag ? "true" : "false";
    } else if (!one.text(option.key, value)) {
      continue;
    }
    if (auto ok = options.set(source, option.key, value); !ok)
      one.problems().error(one.where(option.key), fmt::format("{}: {}", one.name_of(option.key), ok.error().message));
  }
}

void read_accelerators(Section& sampling, Config& config) {
  const auto node = sampling.node("accelerators");
  if (!node) return;
  Section s(sampling.problems(), *node, "sampling.accelerators");
  if (std::string isolation; s.text("isolation", isolation)) {
    if (isolation == "process") {
      config.accel_isolation = sampler::AccelIsolation::process;
    } else if (isolation != "thread") {
      s.problems().error(s.where("isolation"),
                         fmt::format("{} must be thread or process, not {}", s.name_of("isolation"), quoted(isolation)));
    }
  }
  s.finish();
}

void read_sampling(Section& file, Config& config, const ConfigContext& context) {
  const auto node = file.node("sampling");
  if (!node) return;
  Section s(file.problems(), *node, "sampling");
  std::int64_t interval = 0;
  if (s.duration("interval", interval, kIntervalMinMs, kIntervalMaxMs)) config.interval_ms = interval;
  if (const auto sources_node = s.node("sources")) {
    Section sources(file.problems(), *sources_node, "sampling.sources");
    for (const auto& item : sources_node->IsMap() ? *sources_node : YAML::Node(YAML::NodeType::Map)) {
      if (!item.first.IsScalar()) continue;  // reported by the section
      const std::string name = item.first.Scalar();
      check_source_name(sources, name, context);
      SourceConfig source;
      Section one(file.problems(), item.second, "sampling.sources." + name);
      if (bool enabled = true; one.boolean("enabled", enabled)) source.enabled = enabled;
      if (one.duration("interval", interval, kIntervalMinMs, kIntervalMaxMs)) source.interval_ms = interval;
      read_host_options(one, name, config.host_options);
      one.finish();
      config.sources[name] = source;
    }
  }
  read_accelerators(s, config);
  s.finish();
}

void read_query(Section& file, Config& config) {
  const auto node = file.node("query");
  if (!node) return;
  Section s(file.problems(), *node, "query");
  query::EngineOptions& q = config.query;
  const auto count = [&s](std::string_view key, std::size_t& out, std::int64_t max) {
    std::int64_t value = 0;
    if (s.integer(key, value, 1, max)) out = static_cast<std::size_t>(value);
  };
  s.integer("concurrency", config.query_concurrency, 1, kQueryConcurrencyMax);
  s.integer("streams_max", config.query_streams_max, 0, kStreamsMostMax);
  s.duration("timeout", q.timeout_ms, 1, 24 * kIntervalMaxMs);
  s.duration("lookback", q.lookback_ms, 1, 24 * kIntervalMaxMs);
  count("samples_max", q.samples_max, 10'000'000'000);
  count("series_max", q.series_max, 100'000'000);
  count("steps_max", q.steps_max, 10'000'000);
  std::uint64_t memory = 0;
  if (s.bytes("memory_max", memory, kQueryMemoryMinBytes)) q.memory_max = memory;
  s.finish();
}

void read_listen(Section& file, Config& config) {
  std::string listen;
  if (!file.text("listen", listen)) return;
  const auto colon = listen.rfind(':');
  const bool has_port = colon != std::string::npos && colon + 1 < listen.size() &&
                        listen.find_first_not_of("0123456789", colon + 1) == std::string::npos;
  if (!has_port) file.problems().error(file.where("listen"), fmt::format("listen must be HOST:PORT, not {}", quoted(listen)));
  config.listen = listen;
}

void read_file_content(const YAML::Node& root, ConfigReport& report, const ConfigContext& context) {
  Problems problems(report.problems);
  Section file(problems, root, "");
  read_global(file, report.config);
  read_storage(file, report.config);
  read_sampling(file, report.config, context);
  read_shipping(file, report.config);
  read_identity(file, report.config.identity);
  read_query(file, report.config);
  read_listen(file, report.config);
  read_remote_write(file, report.config);
  read_scrape_configs(file, report.config);
  file.unsupported({"rule_files", "alerting", "scrape_config_files", "remote_read", "tracing", "otlp", "runtime"});
  file.finish();
}

}  // namespace

bool ConfigReport::ok() const {
  return std::none_of(problems.begin(), problems.end(),
                      [](const ConfigProblem& p) { return p.severity == ConfigProblem::Severity::error; });
}

std::string ConfigReport::to_string(const ConfigProblem& problem) const {
  if (problem.line == 0) return problem.text;  // it names the file
  const bool is_warning = problem.severity == ConfigProblem::Severity::warning;
  return fmt::format("{}:{}: {}{}", path, problem.line, is_warning ? "warning: " : "", problem.text);
}

ConfigReport examine_config_text(const std::string& text, const std::string& path, const ConfigContext& context) {
  ConfigReport report;
  report.path = path;
  // yaml-cpp throws for what is no YAML, and would for a value read as what it is not; nothing of that leaves this
  // function.
  try {
    read_file_content(YAML::Load(text), report, context);
  } catch (const YAML::Exception& e) {
    report.problems.push_back({ConfigProblem::Severity::error, std::max(1, e.mark.line + 1), "no YAML: " + e.msg});
  }
  std::stable_sort(report.problems.begin(), report.problems.end(),
                   [](const ConfigProblem& a, const ConfigProblem& b) { return a.line < b.line; });
  return report;
}

ConfigReport examine_config(const std::string& path, const ConfigContext& context) {
  const auto text = read_file(path);
  if (text) return examine_config_text(*text, path, context);
  ConfigReport report;
  report.path = path;
  report.problems.push_back({ConfigProblem::Severity::error, 0, text.error().message});
  return report;
}

Result<Config> load_config(const std::string& path, const ConfigContext& context) {
  ConfigReport report = examine_config(path, context);
  std::vector<std::string> errors;
  for (const ConfigProblem& p : report.problems) {
    if (p.severity == ConfigProblem::Severity::error) {
      errors.push_back(report.to_string(p));
    } else {
      log_warn("{}", report.to_string(p));
    }
  }
  if (errors.empty()) return std::move(report.config);
  if (errors.size() == 1) return failure("{}", errors[0]);
  return failure("{} (and {} more: tacho check-config {})", errors[0], errors.size() - 1, path);
}

void set_ship_offsets(Config& config, std::string_view node) {
  for (RemoteWriteConfig& endpoint : config.remote_write)
    endpoint.shipper.offset_ms = store::ship_offset_ms(node, config.ship_spread_ms);
}

}  // namespace tacho::tools
