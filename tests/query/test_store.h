// A tiny Queryable over series that a test writes down.
#pragma once

#include <algorithm>
#include <map>
#include <vector>

#include "store/queryable.h"

namespace tacho::query {

class TestStore : public store::Queryable {
 public:
  void add(const Labels& labels, TimeMs t, double v) {
    Column& c = columns_[labels];
    c.info.labels = labels;
    c.times.push_back(t);
    c.values.push_back(v);
  }

  tacho::Result<store::Selection> select(std::span<const store::Matcher> matchers, store::TimeRange range,
                                         const store::SelectLimits& limits) const override {
    ++selects;
    store::Selection out;
    for (const auto& [labels, c] : columns_) {
      if (!store::matches_all(matchers, labels)) continue;
      const auto lo = std::lower_bound(c.times.begin(), c.times.end(), range.min);
      const auto hi = std::upper_bound(lo, c.times.end(), range.max);
      if (lo == hi) continue;
      const auto from = static_cast<std::size_t>(lo - c.times.begin());
      const auto n = static_cast<std::size_t>(hi - lo);
      out.series.push_back({&c.info, std::span(c.times).subspan(from, n), std::span(c.values).subspan(from, n)});
      out.samples += n;
    }
    if (out.samples > limits.samples_max) return failure("the query would load {} samples", out.samples);
    return out;
  }

  tacho::Result<std::vector<Labels>> series(std::span<const store::Matcher> matchers, store::TimeRange) const override {
    std::vector<Labels> out;
    for (const auto& [labels, c] : columns_) {
      if (store::matches_all(matchers, labels)) out.push_back(labels);
    }
    return out;
  }

  tacho::Result<store::Selection> select_any(std::span<const store::MatcherSet> sets, store::TimeRange range,
                                             const store::SelectLimits& limits) const override {
    ++together;
    if (fails_together) return failure("more than can be fetched at once");
    return Queryable::select_any(sets, range, limits);
  }

  store::TimeRange bounds() const override {
    store::TimeRange out;
    for (const auto& [labels, c] : columns_)
      out = out.empty() ? store::TimeRange{c.times.front(), c.times.back()}
                        : store::TimeRange{std::min(out.min, c.times.front()), std::max(out.max, c.times.back())};
    return out;
  }
  std::vector<store::MetricMetadata> metadata() const override { return {}; }

  mutable int selects = 0, together = 0;
  bool fails_together = false;

 private:
  struct Column {
    store::SeriesInfo info;
    std::vector<TimeMs> times;
    std::vector<double> values;
  };
  std::map<Labels, Column> columns_;
};

}  // namespace tacho::query
