#include "tools/config/remote_write.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "proto/http_client.h"
#include "sampler/aliases.h"
#include "tools/config/http.h"

namespace tacho::tools {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;

void read_headers(Section& endpoint, store::HttpHeaders& headers) {
  for (const auto& [name, value] : endpoint.pairs("headers")) {
    if (store::is_reserved_header(name)) {
      endpoint.problems().error(
          value, fmt::format("{}: the header {} belongs to the protocol and cannot be set{}", endpoint.name_of("headers"), name,
                             name == "Authorization" || name == "authorization" ? "; use authorization" : ""));
    }
    const auto is_bad = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
    const std::string text = value.Scalar();
    if (name.empty() || name.find_first_of(" :\r\n") != std::string::npos || std::any_of(text.begin(), text.end(), is_bad))
      endpoint.problems().error(value, fmt::format("{}: {} is no header", endpoint.name_of("headers"), quoted(name)));
    headers.emplace_back(name, text);
  }
}

void read_queue(Section& endpoint, store::ShipperOptions& options) {
  const auto node = endpoint.node("queue_config");
  if (!node) return;
  Section s(endpoint.problems(), *node, endpoint.name_of("queue_config"));
  auto samples = static_cast<std::int64_t>(options.samples_per_send_max);
  if (s.integer("max_samples_per_send", samples, 1, 1'000'000)) options.samples_per_send_max = static_cast<std::size_t>(samples);
  s.duration("min_backoff", options.backoff_min_ms, 1, kDayMs);
  s.duration("max_backoff", options.backoff_max_ms, 1, kDayMs);
  s.boolean("retry_on_http_429", options.retry_on_429);
  s.duration("sample_age_limit", options.age_limit_ms, 0, 365 * kDayMs);
  // One request at a time from the ring: there are no shards, nothing is queued in memory, and a minute has one
  // deadline.
  s.harmless({"capacity", "min_shards", "max_shards", "batch_send_deadline"});
  s.finish();
  if (options.backoff_min_ms > options.backoff_max_ms) {
    s.problems().error(*node, fmt::format("{}: min_backoff is above max_backoff", endpoint.name_of("queue_config")));
    options.backoff_min_ms = options.backoff_max_ms;
  }
}

void read_metadata(Section& endpoint, store::ShipperOptions& options) {
  const auto node = endpoint.node("metadata_config");
  if (!node) return;
  Section s(endpoint.problems(), *node, endpoint.name_of("metadata_config"));
  bool send = true;
  s.boolean("send", send);
  s.duration("send_interval", options.metadata_interval_ms, 60'000, kDayMs);
  s.harmless({"max_samples_per_send"});
  s.finish();
  if (!send) options.metadata_interval_ms = 0;
}

// Names under which dashboards at the receiver know what is shipped as accel_*.
void read_aliases(Section& s, std::vector<std::string>& sets) {
  std::vector<std::string> names;
  if (!s.texts("aliases", names)) return;
  const auto table = sampler::make_alias_table("");
  const std::span<const std::string> known = table->sets();
  for (const std::string& name : names) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      s.problems().error(s.where("aliases"), fmt::format("{}: there are no aliases called {}; there are {}", s.name_of("aliases"),
                                                         quoted(name), fmt::join(known, ", ")));
    } else if (std::find(sets.begin(), sets.end(), name) == sets.end()) {
      sets.push_back(name);
    }
  }
}

void read_url(Section& s, RemoteWriteConfig& endpoint) {
  if (!s.text("url", endpoint.endpoint.url)) {
    if (!s.has("url")) s.problems().error(s.where("url"), s.name_of("url") + " is missing");
    return;
  }
  const auto url = parse_url(endpoint.endpoint.url);
  if (!url) return s.problems().error(s.where("url"), fmt::format("{}: {}", s.name_of("url"), url.error()));
  // The query may hold a token: it is no part of a name.
  endpoint.name = url->host + ":" + url->port + url->target.substr(0, url->target.find('?'));
}

void read_protocol(Section& s, store::ShipperOptions& options) {
  std::string message;
  if (!s.text("protobuf_message", message) || message == "prometheus.WriteRequest") return;
  if (message == "io.prometheus.write.v2.Request") {
    options.version = store::WriteVersion::v2;
    return;
  }
  s.problems().error(
      s.where("protobuf_message"),
      fmt::format("{} is {}; there are prometheus.WriteRequest (remote write 1.0) and io.prometheus.write.v2.Request (2.0)",
                  s.name_of("protobuf_message"), quoted(message)));
}

RemoteWriteConfig read_endpoint(Problems& problems, const YAML::Node& node, const std::string& path, const Config& config) {
  Section s(problems, node, path);
  RemoteWriteConfig endpoint;
  endpoint.shipper.rules.external_labels = config.external_labels;
  endpoint.shipper.rules.policy = config.ship_policy;
  endpoint.shipper.grace_ms = config.ship_grace_ms;
  read_url(s, endpoint);
  if (std::string name; s.text("name", name) && !name.empty()) endpoint.name = name;
  s.duration("remote_timeout", endpoint.endpoint.timeout_ms, 100, 600'000);
  read_headers(s, endpoint.endpoint.headers);
  read_auth(s, endpoint.endpoint.auth);
  read_tls(s, endpoint.endpoint.tls);
  read_queue(s, endpoint.shipper);
  read_metadata(s, endpoint.shipper);
  read_protocol(s, endpoint.shipper);
  read_aliases(s, endpoint.alias_sets);
  read_relabel_rules(s, "write_relabel_configs", endpoint.shipper.rules.relabel);
  s.harmless({"follow_redirects", "enable_http2", "send_exemplars", "send_native_histograms", "round_robin_dns"});
  s.unsupported({"sigv4", "oauth2", "azuread", "google_iam", "proxy_url", "no_proxy", "proxy_from_environment",
                 "proxy_connect_header", "http_headers"});
  s.finish();
  return endpoint;
}

}  // namespace

void read_remote_write(Section& file, Config& config) {
  const auto items = file.list("remote_write");
  for (std::size_t i = 0; i < items.size(); ++i) {
    RemoteWriteConfig endpoint = read_endpoint(file.problems(), items[i], fmt::format("remote_write[{}]", i), config);
    const bool is_taken = std::any_of(config.remote_write.begin(), config.remote_write.end(),
                                      [&](const RemoteWriteConfig& other) { return other.name == endpoint.name; });
    if (is_taken && !endpoint.name.empty()) {
      file.problems().error(items[i],
                            fmt::format("remote_write[{}]: another endpoint is called {} already; give each a name of its own", i,
                                        quoted(endpoint.name)));
    }
    config.remote_write.push_back(std::move(endpoint));
  }
  if (!items.empty() && config.external_labels.empty())
    file.problems().warning(
        file.where("remote_write"),
        "remote_write without global.external_labels: the series of several nodes would be one at the receiver; "
        "add a label that names the node");
}

}  // namespace tacho::tools
