// The section scrape_configs of the configuration: static targets, in Prometheus's spelling.
#pragma once

#include "tools/config/config.h"
#include "tools/config/section.h"

namespace tacho::tools {

// Appends the targets to config.scrape_targets, with their names. Reads what the rest of the file has put into `config` (the interval).
void read_scrape_configs(Section& file, Config& config);

}  // namespace tacho::tools
