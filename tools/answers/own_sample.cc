#include "tools/answers/own_sample.h"

#include "sampler/accel_sources.h"
#include "sampler/host_sources.h"
#include "tools/agent/open_files.h"

namespace tacho::tools {

sampler::Once own_sample(const sampler::Roots& roots) {
  raise_open_files_limit();
  auto sources = sampler::make_host_sources(roots);
  for (auto& source : sampler::make_accel_sources(roots, sampler::AccelOptions::from_environment()))
    sources.push_back(std::move(source));
  return sampler::sample_once(sources);
}

store::MemoryStore as_store(sampler::Once once, TimeMs time) {
  store::Snapshot snapshot;
  for (sampler::Family& family : once.families) {
    for (auto& [labels, value] : family.samples)
      snapshot.series.push_back({{std::move(labels), family.type, store::Rollup::none}, {time}, {value}});
  }
  return store::MemoryStore::of(std::move(snapshot));
}

}  // namespace tacho::tools
