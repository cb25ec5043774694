#include "sampler/once.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <thread>

#include "proto/base/sample.h"
#include "sampler/row_buffer.h"

namespace tacho::sampler {
namespace {

// A layout can change between describe() and sample(); a few times in a row only on a machine gone mad.
constexpr int kLayoutTriesMax = 4;

Result<void> collect(Source& source, std::map<std::string, Family, std::less<>>& families) {
  for (int attempt = 0; attempt < kLayoutTriesMax; ++attempt) {
    store::Schema schema;
    if (Result<void> described = source.describe(schema); !described) return described;
    std::this_thread::sleep_for(std::chrono::milliseconds(source.settling_ms()));
    RowBuffer cells(schema.size());
    Row row = cells.row();
    Result<Sampled> sampled = source.sample(row);
    if (!sampled) return std::unexpected(sampled.error());
    if (*sampled == Sampled::layout_changed) continue;
    for (std::size_t i = 0; i < schema.size(); ++i) {
      if (is_absent(cells[i])) continue;
      const MetricType type = schema[i].type;
      const std::string name(family_name(schema[i].labels.metric_name(), type, TextFormat::prometheus));
      Family& family = families[name];
      if (family.samples.empty()) {
        family.name = name;
        family.type = type;
        family.info = find_metric(name);
      }
      family.samples.emplace_back(std::move(schema[i].labels), cells[i]);
    }
    return {};
  }
  return failure("its series changed {} times in a row while they were read", kLayoutTriesMax);
}

}  // namespace

Once sample_once(std::span<const std::unique_ptr<Source>> sources) {
  Once once;
  std::map<std::string, Family, std::less<>> families;
  for (const std::unique_ptr<Source>& source : sources) {
    if (Result<void> done = collect(*source, families); !done) {
      once.failures.push_back({std::string(source->name()), done.error()});
    }
  }
  for (auto& [name, family] : families) {
    std::sort(family.samples.begin(), family.samples.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    once.families.push_back(std::move(family));
  }
  return once;
}

}  // namespace tacho::sampler
