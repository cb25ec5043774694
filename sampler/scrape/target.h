// One target that is scraped: where it is, how it is asked, what its series become. Plain values, as the configuration says them.
//
// Source   Prometheus's scrape_config, whose words and defaults these are; but the interval is the agent's unless it is said.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "proto/base/labels.h"
#include "proto/http_auth.h"
#include "proto/http_client.h"
#include "store/relabel.h"

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

// How long a scrape may take: what the target says, else 10 s or nine tenths of the interval; never so long that the row would come
// after its deadline.
std::int64_t timeout_of(const ScrapeTarget& target, std::int64_t interval_ms);

// Gives each target its name: scrape_JOB_INSTANCE, which says the same after a restart. Where two would be called the same, a hash of the
// labels follows.
void name_targets(std::vector<ScrapeTarget>& targets);

// 127.0.0.0/8, ::1, localhost.
bool is_loopback(std::string_view host);

}  // namespace tacho::sampler
