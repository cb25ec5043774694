// The configuration file: YAML, with Prometheus's spelling where Prometheus has the thing.
//
// Shape    plain values; what remote_write says becomes the options that the shipper takes.
// Units    milliseconds, bytes. Durations are Prometheus's (1h30m, 250ms); sizes are 256MiB, 1GiB, 500MB, or a bare
// number of bytes. Threads  values. Errors   examine_config() finds all problems in one go, each with its line; it
// never throws. An unknown key is an error and
//          comes with the known one that it resembles.
// Source   the names and defaults of Prometheus's configuration page (global.external_labels, remote_write, scrape_configs); ours are
//          storage, sampling, shipping, identity, query and listen.
//
//   global:
//     external_labels: {cluster: eu1, node: '${NODE_NAME}'}
//   remote_write:
//     - url: https://metrics.example.org/api/v1/write
//       basic_auth: {username: node, password_file: /etc/tacho/password}
//   scrape_configs:
//     - job_name: dcgm
//       static_configs: [{targets: ['127.0.0.1:9400']}]
//   storage: {budget: 256MiB, series_max: 20000, state: /var/lib/tacho, runtime: /run/tacho}
//   sampling:
//     interval: 1s
//     sources: {filesystem: {interval: 10s}, pressure: {enabled: false}, diskstats: {device_exclude: '^sr0$'}}
//     accelerators: {isolation: process}
//   shipping: {grace: 5s, spread: 10s, outbox: 64MiB, rules: [{match: 'node_cpu_seconds_total{mode="idle"}', drop: true}]}
//   identity: {downward_api: /etc/podinfo, style: short, labels: {team.example.com/name: team}, env: {RUN_ID: run_id}}
//   query: {concurrency: 2, streams_max: 16, timeout: 2m, samples_max: 50000000, series_max: 200000, memory_max: 1GiB, steps_max: 11000, lookback: 5m}
//   listen: 127.0.0.1:9980
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/base/error.h"
#include "proto/base/labels.h"
#include "query/engine/engine.h"
#include "query/stream/account.h"
#include "sampler/accel_sources.h"
#include "sampler/host_options.h"
#include "sampler/scrape/target.h"
#include "store/shipping/ship_http.h"
#include "store/shipping/shipper.h"
#include "tools/config/identity.h"

namespace tacho::tools {

// Of an interval in the file. Below, sampling costs more than it tells, and a bare "3" that was meant as seconds shows up here.
inline constexpr std::int64_t kIntervalMinMs = 100;
inline constexpr std::int64_t kIntervalMaxMs = 3'600'000;

// One endpoint: ready to be shipped to, but for the node's place in the spread (set_ship_offsets).
struct RemoteWriteConfig {
  std::string name;  // unique; in logs, metrics and the cursor's file name. Default: host:port and path of the URL
  store::EndpointOptions endpoint;
  store::ShipperOptions shipper;        // external labels and relabeling included
  std::vector<std::string> alias_sets;  // that are shipped as well
};

struct SourceConfig {
  std::optional<bool> enabled;  // absent: as the source has it by default
  std::optional<std::int64_t> interval_ms;
};

// What is absent was not said; defaults are the agent's (a flag wins over the file).
struct Config {
  Labels external_labels;
  std::vector<RemoteWriteConfig> remote_write;
  std::vector<sampler::ScrapeTarget> scrape_targets;
  std::optional<std::uint64_t> storage_budget_bytes;
  std::optional<std::uint64_t> storage_series_max;
  std::optional<std::string> state_dir;
  std::optional<std::string> runtime_dir;
  std::optional<std::int64_t> interval_ms;
  std::map<std::string, SourceConfig> sources;
  sampler::HostOptions host_options;
  sampler::AccelIsolation accel_isolation = sampler::AccelIsolation::thread;
  IdentityConfig identity;
  query::EngineOptions query;  // limits of one query
  std::int64_t query_concurrency = 2;
  std::int64_t query_streams_max = query::kStreamsMax;
  std::optional<std::string> listen;
  std::int64_t ship_grace_ms = 5000;
  std::int64_t ship_spread_ms = 10'000;  // nodes send at different moments of that span; 0..20 s
  store::RollupPolicy ship_policy;
  std::uint64_t ship_outbox_bytes = 64u << 20;  // an endpoint; 0: none
};

struct ConfigProblem {
  enum class Severity : std::uint8_t { error, warning };
  Severity severity = Severity::error;
  int line = 0;  // from 1; 0: the file could not be read
  std::string text;
};

struct ConfigReport {
  std::string path;
  Config config;                        // what could be read; not to be used unless ok()
  std::vector<ConfigProblem> problems;  // by line

  bool ok() const;
  // "FILE:LINE: text", warnings as "FILE:LINE: warning: text".
  std::string to_string(const ConfigProblem& problem) const;
};

struct ConfigContext {
  // Sources there are; a name in sampling.sources that is none of them is an error. Empty: any name goes.
  std::vector<std::string> known_sources;
};

ConfigReport examine_config(const std::string& path, const ConfigContext& context = {});
// The same over text; `path` is for the messages.
ConfigReport examine_config_text(const std::string& text, const std::string& path, const ConfigContext& context = {});

// Logs the warnings. The error is the first one, and says how many more there are.
Result<Config> load_config(const std::string& path, const ConfigContext& context = {});

// Gives every endpoint the node's place in the spread.
void set_ship_offsets(Config& config, std::string_view node);

}  // namespace tacho::tools
