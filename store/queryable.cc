#include "store/queryable.h"

#include <algorithm>

namespace tacho::store {

std::unexpected<Error> too_many_samples(const SelectLimits& limits) {
  return failure(
      "query processing would load too many samples into memory in query execution: more than {} ({}); ask for a shorter "
      "range or fewer series, or raise the limit",
      limits.samples_max, limits.name);
}

Result<Selection> Queryable::select_any(std::span<const MatcherSet> sets, TimeRange range, const SelectLimits& limits) const {
  Selection out;
  const auto owners = std::make_shared<std::vector<std::shared_ptr<const void>>>();
  for (const MatcherSet& matchers : sets) {
    auto selected = select(matchers, range, {limits.samples_max - out.samples, limits.name});
    if (!selected) return selected;
    out.samples += selected->samples;
    out.series.insert(out.series.end(), selected->series.begin(), selected->series.end());
    owners->push_back(std::move(selected->owner));
  }
  const auto before = [](const SeriesView& a, const SeriesView& b) { return a.labels() < b.labels(); };
  const auto same = [](const SeriesView& a, const SeriesView& b) { return a.labels() == b.labels(); };
  std::stable_sort(out.series.begin(), out.series.end(), before);
  out.series.erase(std::unique(out.series.begin(), out.series.end(), same), out.series.end());
  out.samples = 0;
  for (const SeriesView& s : out.series) out.samples += s.values.size();
  out.owner = owners;
  return out;
}

std::vector<GroupRows> Queryable::group_rows(TimeRange range) const {
  std::vector<GroupRows> out;
  for (const GroupTimes& g : group_times(range)) out.push_back({g.group, g.interval_ms, g.times.size()});
  return out;
}

}  // namespace tacho::store
