#include <cstdio>

#include "sampler/accel_sources.h"
#include "sampler/host_sources.h"
#include "sampler/once.h"
#include "tools/agent/open_files.h"
#include "tools/verbs/verbs.h"

namespace tacho::tools {

int sample_once(const SampleOptions& options) {
  raise_open_files_limit();
  auto sources = sampler::make_host_sources(options.roots);
  for (auto& source : sampler::make_accel_sources(options.roots, sampler::AccelOptions::from_environment()))
    sources.push_back(std::move(source));
  const sampler::Once once = sampler::sample_once(sources);
  for (const auto& f : once.failures) std::fprintf(stderr, "tacho: source %s: %s\n", f.source.c_str(), f.error.message.c_str());
  const std::string text = sampler::render(once.families, TextFormat::prometheus);
  std::fwrite(text.data(), 1, text.size(), stdout);
  return once.families.empty() ? 1 : 0;
}

}  // namespace tacho::tools
