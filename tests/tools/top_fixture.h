// A node's series in memory, written second by second, a clock that stands, and the model of `tacho top` over them.
#pragma once

#include <catch2/catch.hpp>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "query/engine/engine.h"
#include "tools/top/data/data.h"
#include "tools/top/model.h"

namespace tacho::tools::top_test {

inline constexpr TimeMs kStart = 1'700'000'000'000;

// A few series in memory, written second by second.
class FakeStore final : public store::Queryable {
 public:
  void put(const Labels& labels, TimeMs t, double v) {
    Column& c = columns_[labels];
    c.info.labels = labels;
    c.times.push_back(t);
    c.values.push_back(v);
  }
  // n values, a second apart, from kStart on.
  void put(const Labels& labels, const std::vector<double>& values, std::int64_t step_ms = 1000) {
    for (std::size_t i = 0; i < values.size(); ++i)
      if (!std::isnan(values[i])) put(labels, kStart + static_cast<TimeMs>(i) * step_ms, values[i]);
  }

  Result<store::Selection> select(std::span<const store::Matcher> matchers, store::TimeRange range,
                                  const store::SelectLimits&) const override {
    store::Selection out;
    for (const auto& [labels, c] : columns_) {
      const bool fits = store::matches_all(matchers, labels);
      const auto from = std::lower_bound(c.times.begin(), c.times.end(), range.min) - c.times.begin();
      const auto to = std::upper_bound(c.times.begin(), c.times.end(), range.max) - c.times.begin();
      if (!fits || from >= to) continue;
      const auto at = static_cast<std::size_t>(from), n = static_cast<std::size_t>(to - from);
      out.series.push_back({&c.info, std::span(c.times).subspan(at, n), std::span(c.values).subspan(at, n)});
      out.samples += n;
    }
    return out;
  }
  Result<std::vector<Labels>> series(std::span<const store::Matcher> matchers, store::TimeRange range) const override {
    std::vector<Labels> out;
    const auto s = select(matchers, range, {});
    for (const auto& v : s->series) out.push_back(v.labels());
    return out;
  }
  store::TimeRange bounds() const override {
    store::TimeRange r{INT64_MAX, INT64_MIN};
    for (const auto& [labels, c] : columns_) r = {std::min(r.min, c.times.front()), std::max(r.max, c.times.back())};
    return r;
  }
  std::vector<store::MetricMetadata> metadata() const override { return {}; }

 private:
  struct Column {
    store::SeriesInfo info;
    std::vector<TimeMs> times;
    std::vector<double> values;
  };
  std::map<Labels, Column> columns_;
};

class FixedClock final : public Clock {
 public:
  std::int64_t wall_ns() const override { return now * kNsPerMs; }
  MonoNs mono() const override { return MonoNs{0}; }
  void sleep_until(MonoNs) const override {}
  TimeMs now = kStart;
};

inline constexpr double kGap = std::numeric_limits<double>::quiet_NaN();

struct Fixture {
  FakeStore store;
  FixedClock clock;
  std::unique_ptr<TopData> data = top_over_store(store, "fallback", clock);
  TopModel model{*data};
  TopAsk ask;

  Fixture() { ask.time.set_columns(60); }
  TopView refresh() {
    auto view = model.refresh(ask);
    if (!view) FAIL(view.error().message);
    CHECK(view->problem == "");
    return std::move(*view);
  }
  static const TopRow* find(const TopView& view, const std::string& section, const std::string& title) {
    for (const TopRow& r : view.rows)
      if (r.line->section == section && r.title() == title) return &r;
    return nullptr;
  }
  // "now min max" in the line's own unit, "-" for nothing.
  static std::string numbers(const TopView& view, const std::string& section, const std::string& title) {
    const TopRow* r = find(view, section, title);
    if (r == nullptr) return "no such line";
    const auto text = [&](const std::optional<double>& v) { return v ? format_compact(*v, r->line->unit) : "-"; };
    return text(r->now) + " " + text(r->min) + " " + text(r->max);
  }
  static std::vector<std::string> titles(const TopView& view, const std::string& section) {
    std::vector<std::string> out;
    for (const TopRow& r : view.rows)
      if (r.line->section == section) out.push_back(r.title() + (r.quiet ? " (quiet)" : "") + (r.alert ? " !" : ""));
    return out;
  }
};

inline std::vector<double> counting(std::size_t n, double each) {
  std::vector<double> v;
  for (std::size_t i = 0; i < n; ++i) v.push_back(static_cast<double>(i) * each);
  return v;
}

using Titles = std::vector<std::string>;

}  // namespace tacho::tools::top_test
