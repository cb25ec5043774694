#include "store/selection_store.h"

#include <algorithm>
#include <numeric>

namespace tacho::store {

SelectionStore::SelectionStore(Selection all) : all_(std::move(all)) {
  for (std::size_t i = 0; i < all_.series.size(); ++i) {
    by_name_[all_.series[i].labels().metric_name()].push_back(i);
  }
}

// In the order of the selection.
std::vector<std::size_t> SelectionStore::candidates(std::span<const Matcher> matchers) const {
  std::vector<std::size_t> out;
  const auto names =
      std::ranges::find_if(matchers, [](const Matcher& m) { return m.label() == kMetricName && !m.literals().empty(); });
  if (names == matchers.end()) {
    out.resize(all_.series.size());
    std::iota(out.begin(), out.end(), std::size_t{0});
    return out;
  }
  for (const std::string& name : names->literals()) {
    if (const auto found = by_name_.find(name); found != by_name_.end())
      out.insert(out.end(), found->second.begin(), found->second.end());
  }
  std::ranges::sort(out);
  return out;
}

Result<Selection> SelectionStore::select(std::span<const Matcher> matchers, TimeRange range, const SelectLimits&) const {
  Selection out;
  out.owner = all_.owner;
  for (const std::size_t i : candidates(matchers)) {
    const SeriesView& s = all_.series[i];
    if (!matches_all(matchers, s.labels())) continue;
    const auto from = static_cast<std::size_t>(std::lower_bound(s.times.begin(), s.times.end(), range.min) - s.times.begin());
    const auto to = static_cast<std::size_t>(std::upper_bound(s.times.begin(), s.times.end(), range.max) - s.times.begin());
    if (from >= to) continue;
    out.series.push_back({s.info, s.times.subspan(from, to - from), s.values.subspan(from, to - from)});
    out.samples += to - from;
  }
  return out;
}

Result<std::vector<Labels>> SelectionStore::series(std::span<const Matcher> matchers, TimeRange range) const {
  const auto found = select(matchers, range, {});
  std::vector<Labels> out;
  for (const SeriesView& s : found->series) out.push_back(s.labels());
  return out;
}

TimeRange SelectionStore::bounds() const {
  TimeRange r;
  for (const SeriesView& s : all_.series)
    r = r.empty() ? TimeRange{s.times.front(), s.times.back()}
                  : TimeRange{std::min(r.min, s.times.front()), std::max(r.max, s.times.back())};
  return r;
}

}  // namespace tacho::store
