#include "tools/catalogue_metadata.h"

#include "sampler/catalogue.h"

namespace tacho::tools {

std::vector<store::MetricMetadata> catalogue_metadata() {
  std::vector<store::MetricMetadata> out;
  for (const sampler::MetricInfo& m : sampler::catalogue()) {
    if (m.name.ends_with('*')) continue;
    out.push_back({std::string(m.name), m.type, std::string(m.help), std::string(m.unit)});
  }
  return out;
}

}  // namespace tacho::tools
