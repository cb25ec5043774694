#include "tools/top/data/copy.h"

#include <algorithm>

namespace tacho::tools {

StoreCopy::StoreCopy(store::Selection all) : all_(std::move(all)) {
  for (std::size_t i = 0; i < all_.series.size(); ++i) {
    by_name_[all_.series[i].labels().metric_name()].push_back(i);
    every_.push_back(i);
  }
}

Result<store::Selection> StoreCopy::select(std::span<const store::Matcher> matchers, store::TimeRange range,
                                           const store::SelectLimits&) const {
  const std::vector<std::size_t>* candidates = &every_;
  for (const store::Matcher& m : matchers) {
    if (m.label() != kMetricName || m.op() != store::MatchOp::equal) continue;
    static const std::vector<std::size_t> kNone;
    const auto found = by_name_.find(m.value());
    candidates = found == by_name_.end() ? &kNone : &found->second;
    break;
  }
  store::Selection out;
  out.owner = all_.owner;
  for (const std::size_t i : *candidates) {
    const store::SeriesView& s = all_.series[i];
    if (!store::matches_all(matchers, s.labels())) continue;
    const auto from = static_cast<std::size_t>(std::lower_bound(s.times.begin(), s.times.end(), range.min) - s.times.begin());
    const auto to = static_cast<std::size_t>(std::upper_bound(s.times.begin(), s.times.end(), range.max) - s.times.begin());
    if (from >= to) continue;
    out.series.push_back({s.info, s.times.subspan(from, to - from), s.values.subspan(from, to - from)});
    out.samples += to - from;
  }
  return out;
}

Result<std::vector<Labels>> StoreCopy::series(std::span<const store::Matcher> matchers, store::TimeRange range) const {
  const auto found = select(matchers, range, {});
  std::vector<Labels> out;
  for (const store::SeriesView& s : found->series) out.push_back(s.labels());
  return out;
}

store::TimeRange StoreCopy::bounds() const {
  store::TimeRange r;
  for (const store::SeriesView& s : all_.series)
    r = r.empty() ? store::TimeRange{s.times.front(), s.times.back()}
                  : store::TimeRange{std::min(r.min, s.times.front()), std::max(r.max, s.times.back())};
  return r;
}

}  // namespace tacho::tools
