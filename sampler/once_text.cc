#include "sampler/once.h"

namespace tacho::sampler {

std::string render(std::span<const Family> families, TextFormat format) {
  std::string out;
  ExpositionWriter writer(format, out);
  for (const Family& family : families) {
    const MetricInfo* info = family.info;
    writer.begin(family.name, family.type, info ? info->help : std::string_view{}, info ? info->unit : std::string_view{});
    for (const auto& [labels, value] : family.samples) writer.sample(labels, value);
  }
  writer.finish();
  return out;
}

}  // namespace tacho::sampler
