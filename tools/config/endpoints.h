// The endpoints of a configuration file, for verbs that talk to them.
//
// Errors   the file's; none in it; none of that name, with the names there are.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/config/config.h"

namespace tacho::tools {

// All, or the one that is called `name`.
Result<std::vector<RemoteWriteConfig>> load_endpoints(const std::string& config, const std::optional<std::string>& name);

}  // namespace tacho::tools
