// One target that is scraped: where it is, how it is asked, what its series become. Plain values, as the configuration says them.
//
// Source   Prometheus's scrape_config, whose words and defaults these are; but the interval is the agent's unless it is said.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "proto/base/labels.h"
#include "proto/http_auth.h"
#include "proto/http_client.h"
#include "store/shipping/relabel.h"

namespace tacho::sampler {

// 0: no limit.
struct ScrapeLimits {
  std::size_t body_bytes = 16u << 20;  // unpacked; there is always one
  std::size_t samples = 0;
  std::size_t labels = 0;
  std::size_t label_name_bytes = 0;
  std::size_t label_value_bytes = 0;
};

struct ScrapeTarget {
  std::string job;   // the scrape_config's
  std::string name;  // of the source and its group, see name_targets()
  Url url;
  Labels discovered;             // before relabel_configs
  Labels labels;                 // that every series gets; job and instance among them
  std::int64_t interval_ms = 0;  // 0: the agent's
  std::int64_t timeout_ms = 0;   // 0: see timeout_of()
  bool honor_labels = false;
  bool honor_timestamps = true;
  bool compressed = false;  // gzip is asked for
  HttpAuth auth;
  TlsOptions tls;
  ScrapeLimits limits;
  std::vector<store::RelabelRule> metric_relabel;
};

// A scrape_config: what its targets have in common, and how an address becomes one.
struct ScrapeConfig {
  ScrapeTarget common;
  std::string scheme = "http";
  std::string metrics_path = "/metrics";
  std::map<std::string, std::vector<std::string>> params;
  std::vector<store::RelabelRule> relabel;
  std::optional<bool> compressed;  // absent: gzip, but on the loopback
};

// An address and its labels through relabel_configs, as Prometheus does it: __address__, __scheme__, __metrics_path__, __param_*,
// __scrape_interval__ and __scrape_timeout__ can be rewritten, labels that begin with __ are gone afterwards, instance is the address
// unless it is said. Nothing: the rules drop the target. An error: what is left is no address, path, interval or label.
Result<std::optional<ScrapeTarget>> make_target(const ScrapeConfig& config, const std::string& address, const Labels& labels);

// How long a scrape may take: what the target says, else 10 s or nine tenths of the interval; never so long that the row would come
// after its deadline.
std::int64_t timeout_of(const ScrapeTarget& target, std::int64_t interval_ms);

// Gives each target its name: scrape_JOB_INSTANCE, which says the same after a restart. Where two would be called the same, a hash of the
// labels follows.
void name_targets(std::vector<ScrapeTarget>& targets);

// 127.0.0.0/8, ::1, localhost.
bool is_loopback(std::string_view host);

}  // namespace tacho::sampler
