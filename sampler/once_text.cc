#include "sampler/once.h"

namespace tacho::sampler {

std::string render(std::span<const Family> families, TextFormat format) {
  std::string out;
  ExpositionWriter writer(format, out);
  for (const Family& family : families) {
    writer.begin(family.name, family.info->type, family.info->help, family.info->unit);
    for (const auto& [labels, value] : family.samples) writer.sample(labels, value);
  }
  writer.finish();
  return out;
}

}  // namespace tacho::sampler
