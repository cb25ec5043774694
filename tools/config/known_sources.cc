#include "tools/config/known_sources.h"

#include "sampler/accel_sources.h"
#include "sampler/host_sources.h"

namespace tacho::tools {

std::vector<std::string> known_sources() {
  std::vector<std::string> names;
  for (const auto& source : sampler::make_host_sources({})) names.emplace_back(source->configured_as());
  for (const std::string_view name : sampler::accel_source_names()) names.emplace_back(name);
  names.emplace_back("attribution");
  return names;
}

}  // namespace tacho::tools
