#include <cstdio>

#include "tools/answers/own_sample.h"
#include "tools/verbs/verbs.h"

namespace tacho::tools {

int sample_once(const SampleOptions& options) {
  const sampler::Once once = own_sample(options.roots);
  for (const auto& f : once.failures) std::fprintf(stderr, "tacho: source %s: %s\n", f.source.c_str(), f.error.message.c_str());
  const std::string text = sampler::render(once.families, TextFormat::prometheus);
  std::fwrite(text.data(), 1, text.size(), stdout);
  return once.families.empty() ? 1 : 0;
}

}  // namespace tacho::tools
