#include "tools/config/scrape.h"

#include <algorithm>

#include "proto/base/duration.h"
#include "tools/config/http.h"

namespace tacho::tools {
namespace {

using sampler::ScrapeConfig;
using sampler::ScrapeTarget;

constexpr std::int64_t kCountMost = 1'000'000'000;

void read_limit(Section& s, std::string_view key, std::size_t& out) {
  std::int64_t value = 0;
  if (s.integer(key, value, 0, kCountMost)) out = static_cast<std::size_t>(value);
}

void read_limits(Section& s, sampler::ScrapeLimits& limits) {
  read_limit(s, "sample_limit", limits.samples);
  read_limit(s, "label_limit", limits.labels);
  read_limit(s, "label_name_length_limit", limits.label_name_bytes);
  read_limit(s, "label_value_length_limit", limits.label_value_bytes);
  std::uint64_t bytes = 0;
  if (s.bytes("body_size_limit", bytes, 0) && bytes > 0) limits.body_bytes = std::min<std::uint64_t>(bytes, 1u << 30);
}

void read_params(Section& s, ScrapeConfig& config) {
  const auto node = s.node("params");
  if (!node) return;
  Section params(s.problems(), *node, s.name_of("params"));
  for (const auto& item : node->IsMap() ? *node : YAML::Node(YAML::NodeType::Map)) {
    if (!item.first.IsScalar()) continue;  // reported by the section
    std::vector<std::string> values;
    if (params.texts(item.first.Scalar(), values)) config.params[item.first.Scalar()] = std::move(values);
  }
}

void read_times(Section& s, ScrapeConfig& config, const Config& file) {
  s.duration("scrape_interval", config.common.interval_ms, kIntervalMinMs, kIntervalMaxMs);
  if (!s.duration("scrape_timeout", config.common.timeout_ms, 1, kIntervalMaxMs)) return;
  const std::int64_t interval = config.common.interval_ms > 0 ? config.common.interval_ms : file.interval_ms.value_or(1000);
  if (config.common.timeout_ms <= interval) return;
  s.problems().error(
      s.where("scrape_timeout"),
      fmt::format("{} is longer than the interval, {}{}; leave it out, or set scrape_interval", s.name_of("scrape_timeout"),
                  format_duration(interval), config.common.interval_ms > 0 ? "" : " (the agent's)"));
}

void read_scheme(Section& s, ScrapeConfig& config) {
  s.text("scheme", config.scheme);
  if (config.scheme == "http" || config.scheme == "https") return;
  s.problems().error(s.where("scheme"),
                     fmt::format("{} must be http or https, not {}", s.name_of("scheme"), quoted(config.scheme)));
  config.scheme = "http";
}

// What service discovery and the rest of Prometheus's scraping would do, and nothing here does.
void refuse_the_rest(Section& s) {
  s.unsupported({"azure_sd_configs",     "consul_sd_configs",      "digitalocean_sd_configs", "dns_sd_configs",
                 "docker_sd_configs",    "dockerswarm_sd_configs", "ec2_sd_configs",          "eureka_sd_configs",
                 "file_sd_configs",      "gce_sd_configs",         "hetzner_sd_configs",      "http_sd_configs",
                 "ionos_sd_configs",     "kubernetes_sd_configs",  "kuma_sd_configs",         "lightsail_sd_configs",
                 "linode_sd_configs",    "marathon_sd_configs",    "nerve_sd_configs",        "nomad_sd_configs",
                 "openstack_sd_configs", "ovhcloud_sd_configs",    "puppetdb_sd_configs",     "scaleway_sd_configs",
                 "serverset_sd_configs", "stackit_sd_configs",     "triton_sd_configs",       "uyuni_sd_configs",
                 "vultr_sd_configs"});
  s.unsupported({"oauth2",
                 "proxy_url",
                 "no_proxy",
                 "proxy_from_environment",
                 "proxy_connect_header",
                 "http_headers",
                 "target_limit",
                 "scrape_protocols",
                 "fallback_scrape_protocol",
                 "scrape_classic_histograms",
                 "always_scrape_classic_histograms",
                 "convert_classic_histograms_to_nhcb",
                 "scrape_native_histograms",
                 "native_histogram_bucket_limit",
                 "native_histogram_min_bucket_factor",
                 "metric_name_validation_scheme",
                 "metric_name_escaping_scheme",
                 "scrape_failure_log_file",
                 "extra_scrape_metrics",
                 "follow_redirects"});
  // Series with timestamps of their own end like all others; HTTP/2 would say the same.
  s.harmless({"track_timestamps_staleness", "enable_http2", "keep_dropped_targets"});
}

Labels read_labels(Section& s) {
  std::vector<Label> labels;
  for (const auto& [name, value] : s.pairs("labels")) {
    if (!is_classic_label_name(name) || name == kMetricName) {
      s.problems().error(value, fmt::format("{}: {} is no label name", s.name_of("labels"), quoted(name)));
    } else {
      labels.push_back({name, value.Scalar()});
    }
  }
  return Labels(std::move(labels));
}

void add_target(Section& s, const YAML::Node& at, const ScrapeConfig& config, const Labels& labels, Config& out) {
  auto target = make_target(config, at.Scalar(), labels);
  const auto name = [&] { return fmt::format("{}: the target {}", s.name_of("targets"), quoted(at.Scalar())); };
  if (!target) return s.problems().error(at, fmt::format("{}: {}", name(), target.error()));
  if (!*target) return;  // the rules drop it
  const ScrapeTarget& t = **target;
  if (t.interval_ms != 0 && (t.interval_ms < kIntervalMinMs || t.interval_ms > kIntervalMaxMs))
    return s.problems().error(at, fmt::format("{}: its interval must be from {} to {}", name(), format_duration(kIntervalMinMs),
                                              format_duration(kIntervalMaxMs)));
  const bool is_there = std::any_of(out.scrape_targets.begin(), out.scrape_targets.end(),
                                    [&](const ScrapeTarget& other) { return other.labels == t.labels; });
  if (is_there)
    return s.problems().error(at, fmt::format("{}: another target has the labels {} already; give each a label of its own",
                                              name(), t.labels.to_string()));
  out.scrape_targets.push_back(std::move(**target));
}

void read_static_configs(Section& s, const ScrapeConfig& config, Config& out) {
  const auto items = s.list("static_configs");
  if (items.empty() && !s.has("static_configs"))
    s.problems().warning(s.where("static_configs"), s.name_of("static_configs") + " is missing: nothing is scraped");
  for (std::size_t i = 0; i < items.size(); ++i) {
    Section group(s.problems(), items[i], fmt::format("{}[{}]", s.name_of("static_configs"), i));
    const Labels labels = read_labels(group);
    for (const YAML::Node& target : group.list("targets")) {
      if (target.IsScalar()) {
        add_target(group, target, config, labels, out);
      } else {
        s.problems().error(target, group.name_of("targets") + " must be a list of texts");
      }
    }
    group.finish();
  }
}

void read_scrape_config(Problems& problems, const YAML::Node& node, const std::string& path, std::vector<std::string>& jobs,
                        Config& out) {
  Section s(problems, node, path);
  ScrapeConfig config;
  if (!s.text("job_name", config.common.job) || config.common.job.empty()) {
    problems.error(s.where("job_name"), s.name_of("job_name") + " is missing");
  } else if (std::find(jobs.begin(), jobs.end(), config.common.job) != jobs.end()) {
    problems.error(s.where("job_name"), fmt::format("{}: there is another job called {}", path, quoted(config.common.job)));
  }
  jobs.push_back(config.common.job);
  read_times(s, config, out);
  s.text("metrics_path", config.metrics_path);
  read_scheme(s, config);
  read_params(s, config);
  s.boolean("honor_labels", config.common.honor_labels);
  s.boolean("honor_timestamps", config.common.honor_timestamps);
  if (bool compressed = false; s.boolean("enable_compression", compressed)) config.compressed = compressed;
  read_auth(s, config.common.auth);
  read_tls(s, config.common.tls);
  read_limits(s, config.common.limits);
  read_relabel_rules(s, "metric_relabel_configs", config.common.metric_relabel);
  read_relabel_rules(s, "relabel_configs", config.relabel);
  refuse_the_rest(s);
  read_static_configs(s, config, out);
  s.finish();
}

}  // namespace

void read_scrape_configs(Section& file, Config& config) {
  std::vector<std::string> jobs;
  const auto items = file.list("scrape_configs");
  for (std::size_t i = 0; i < items.size(); ++i)
    read_scrape_config(file.problems(), items[i], fmt::format("scrape_configs[{}]", i), jobs, config);
  sampler::name_targets(config.scrape_targets);
}

}  // namespace tacho::tools
