#include "store/aliases/aliased_store.h"

#include <algorithm>

namespace tacho::store {

Result<Selection> AliasedStore::select(std::span<const Matcher> matchers, TimeRange range, const SelectLimits& limits) const {
  if (!matchers.empty()) return view_.select(matchers, range, limits);
  auto out = view_.store().select(matchers, range, limits);
  if (!out) return out;
  auto aliases = view_.select_sets(sets_, range, {limits.samples_max - std::min(limits.samples_max, out->samples)});
  if (!aliases) return aliases;
  const auto kept = static_cast<std::ptrdiff_t>(out->series.size());
  out->series.insert(out->series.end(), aliases->series.begin(), aliases->series.end());
  const auto before = [](const SeriesView& a, const SeriesView& b) { return a.labels() < b.labels(); };
  std::inplace_merge(out->series.begin(), out->series.begin() + kept, out->series.end(), before);
  out->samples += aliases->samples;
  out->owner = std::make_shared<std::pair<std::shared_ptr<const void>, std::shared_ptr<const void>>>(std::move(out->owner),
                                                                                                     std::move(aliases->owner));
  return out;
}

std::vector<MetricMetadata> AliasedStore::metadata() const {
  std::vector<MetricMetadata> out = view_.store().metadata();
  for (MetricMetadata& m : view_.metadata_of_sets(sets_)) out.push_back(std::move(m));
  return out;
}

}  // namespace tacho::store
