// The section remote_write of the configuration: one endpoint an item.
#pragma once

#include "tools/config/config.h"
#include "tools/config/section.h"

namespace tacho::tools {

// Appends the endpoints to config.remote_write. Reads what the rest of the file has put into `config` (external
// labels, grace).
void read_remote_write(Section& file, Config& config);

}  // namespace tacho::tools
