#include "tools/answers/catalogue_metadata.h"

#include <unordered_set>

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

std::vector<store::MetricMetadata> with_scraped(std::vector<store::MetricMetadata> catalogue,
                                                std::vector<store::MetricMetadata> scraped) {
  std::unordered_set<std::string> known;
  for (const store::MetricMetadata& m : catalogue) known.insert(m.name);
  for (store::MetricMetadata& m : scraped) {
    if (!known.contains(m.name)) catalogue.push_back(std::move(m));
  }
  return catalogue;
}

}  // namespace tacho::tools
