#include "tools/config/endpoints.h"

#include "tools/config/known_sources.h"

namespace tacho::tools {

Result<std::vector<RemoteWriteConfig>> load_endpoints(const std::string& config, const std::optional<std::string>& name) {
  ConfigContext context;
  context.known_sources = known_sources();
  auto loaded = load_config(config, context);
  if (!loaded) return std::unexpected(loaded.error());
  if (loaded->remote_write.empty()) return failure("{} has no remote_write section: there is nothing to send to", config);
  if (!name) return std::move(loaded->remote_write);
  std::string names;
  for (RemoteWriteConfig& endpoint : loaded->remote_write) {
    if (endpoint.name == *name) return std::vector<RemoteWriteConfig>{std::move(endpoint)};
    names += (names.empty() ? "" : ", ") + endpoint.name;
  }
  return failure("{} has no endpoint called {}; there are {}", config, *name, names);
}

}  // namespace tacho::tools
