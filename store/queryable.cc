#include "store/queryable.h"

#include <algorithm>

namespace tacho::store {

std::unexpected<Error> too_many_samples(const SelectLimits& limits) {
  return failure(
      "query processing would load too many samples into memory in query execution: more than {} ({}); ask for a shorter "
      "range or fewer series, or raise the limit",
      limits.samples_max, limits.name);
}

std::size_t samples_of(std::span<const SeriesView> series) {
  std::size_t out = 0;
  for (const SeriesView& s : series) out += s.values.size();
  return out;
}

Selection join(std::vector<Selection> parts) {
  Selection out;
  const auto owners = std::make_shared<std::vector<std::shared_ptr<const void>>>();
  for (Selection& part : parts) {
    out.series.insert(out.series.end(), part.series.begin(), part.series.end());
    owners->push_back(std::move(part.owner));
  }
  const auto before = [](const SeriesView& a, const SeriesView& b) { return a.labels() < b.labels(); };
  const auto same = [](const SeriesView& a, const SeriesView& b) { return a.labels() == b.labels(); };
  std::stable_sort(out.series.begin(), out.series.end(), before);
  out.series.erase(std::unique(out.series.begin(), out.series.end(), same), out.series.end());
  out.samples = samples_of(out.series);
  out.owner = owners;
  return out;
}

Result<Selection> Queryable::select_any(std::span<const MatcherSet> sets, TimeRange range, const SelectLimits& limits) const {
  std::vector<Selection> parts;
  std::size_t samples = 0;
  for (const MatcherSet& matchers : sets) {
    auto selected = select(matchers, range, {limits.samples_max - samples, limits.name});
    if (!selected) return selected;
    samples += selected->samples;
    parts.push_back(std::move(*selected));
  }
  return join(std::move(parts));
}

std::vector<GroupRows> Queryable::group_rows(TimeRange range) const {
  std::vector<GroupRows> out;
  for (const GroupTimes& g : group_times(range)) out.push_back({g.group, g.interval_ms, g.times.size()});
  return out;
}

}  // namespace tacho::store
