// What /api/v1/status/config shows: the configuration's part that clients of Prometheus look for. A Thanos sidecar takes the external labels
// from it. No secrets, no addresses.
#pragma once

#include <string>

#include "tools/config/config.h"

namespace tacho::tools {

// YAML as Prometheus writes its own: global with scrape_interval and external_labels.
std::string prometheus_config(const Config& config, std::int64_t interval_ms);

// The external labels of such a text; none where it names none.
Result<Labels> prometheus_external_labels(const std::string& yaml);

}  // namespace tacho::tools
