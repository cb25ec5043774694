#include "tools/top/data.h"

#include <fmt/format.h>

#include <algorithm>

#include "proto/base/check.h"
#include "proto/base/number.h"
#include "query/engine/engine.h"
#include "tools/answers/remote.h"

namespace tacho::tools {
namespace {

// The agent's own series come last of a tick, so their newest sample says which tick is complete.
constexpr const char* kNewestOwn = "max(timestamp(tacho_process_cpu_seconds_total))";
// A Prometheus that scrapes node_exporter has none of them.
constexpr const char* kNewestAny = "max(timestamp(tacho_process_cpu_seconds_total)) or max(timestamp(node_load1))";

std::optional<double> single_value(const query::QueryResult& r) {
  if (r.series.empty() || r.series.front().points.empty()) return std::nullopt;
  return r.series.front().points.back().v;
}

TimeMs to_ms(double seconds) { return static_cast<TimeMs>(seconds * 1000 + 0.5); }

// A part of a store that was read once, to be asked many times.
class Copy final : public store::Queryable {
 public:
  explicit Copy(store::Selection all) : all_(std::move(all)) {}

  Result<store::Selection> select(std::span<const store::Matcher> matchers, store::TimeRange range,
                                  const store::SelectLimits&) const override {
    store::Selection out;
    out.owner = all_.owner;
    for (const store::SeriesView& s : all_.series) {
      if (!store::matches_all(matchers, s.labels())) continue;
      const auto from = static_cast<std::size_t>(std::lower_bound(s.times.begin(), s.times.end(), range.min) - s.times.begin());
      const auto to = static_cast<std::size_t>(std::upper_bound(s.times.begin(), s.times.end(), range.max) - s.times.begin());
      if (from >= to) continue;
      out.series.push_back({s.info, s.times.subspan(from, to - from), s.values.subspan(from, to - from)});
      out.samples += to - from;
    }
    return out;
  }
  Result<std::vector<Labels>> series(std::span<const store::Matcher> matchers, store::TimeRange range) const override {
    const auto found = select(matchers, range, {});
    std::vector<Labels> out;
    for (const store::SeriesView& s : found->series) out.push_back(s.labels());
    return out;
  }
  store::TimeRange bounds() const override {
    store::TimeRange r;
    for (const store::SeriesView& s : all_.series)
      r = r.empty() ? store::TimeRange{s.times.front(), s.times.back()}
                    : store::TimeRange{std::min(r.min, s.times.front()), std::max(r.max, s.times.back())};
    return r;
  }
  std::vector<store::MetricMetadata> metadata() const override { return {}; }

 private:
  store::Selection all_;
};

class StoreData final : public TopData {
 public:
  StoreData(const store::Queryable& store, std::string name, const Clock& clock)
      : store_(store), name_(std::move(name)), clock_(clock) {
    auto names = store::Matcher::create(std::string(kMetricName), store::MatchOp::regex, "(node|tacho|accel)_.*");
    TACHO_CHECK(names.has_value());
    metrics_.push_back(std::move(*names));
  }

  Result<Newest> newest() override {
    const store::TimeRange bounds = store_.bounds();
    Newest n{std::nullopt, clock_.wall_ms()};
    if (bounds.empty()) return n;
    n.sample = bounds.max;
    // While a tick is being written some groups have it and others do not: show the one before. But not where the agent's own
    // series ended long before others.
    if (const auto r = engine_.instant(store_, kNewestOwn, bounds.max)) {
      if (const auto own = single_value(*r); own && bounds.max - to_ms(*own) <= kTickWrittenMs)
        n.sample = std::min(bounds.max, to_ms(*own));
    }
    return n;
  }

  Result<query::QueryResult> instant(const std::string& expr, std::optional<TimeMs> at) override {
    return translated(engine_.instant(store_, expr, at ? *at : clock_.wall_ms()), expr);
  }

  Answers ranges(std::span<const std::string> exprs, const Steps& steps) override {
    // Each question to a store of files looks for new files and blocks first; the page is one look, and all its lines see the same.
    auto all = store_.select(metrics_, {steps.start - steps.reach_ms, steps.end}, {});
    if (!all) return Answers(exprs.size(), std::unexpected(all.error()));
    const Copy copy(std::move(*all));
    Answers out;
    for (const std::string& e : exprs)
      out.push_back(translated(engine_.range(copy, e, steps.start, steps.end, steps.step_ms), e));
    return out;
  }

  std::optional<Extent> extent() override {
    const store::TimeRange bounds = store_.bounds();
    if (bounds.empty()) return std::nullopt;
    const auto series = store_.series({}, {bounds.max - 60'000, bounds.max});
    if (!series) return std::nullopt;
    return Extent{series->size(), bounds.max - bounds.min};
  }

  std::string fallback_name() const override { return name_; }

 private:
  static constexpr std::int64_t kTickWrittenMs = 1000;

  static Result<query::QueryResult> translated(query::Result r, const std::string& expr) {
    if (r) return std::move(*r);
    return failure("{}: {}", expr, r.error().message);
  }

  const store::Queryable& store_;
  std::string name_;
  const Clock& clock_;
  std::vector<store::Matcher> metrics_;  // those that lines are made of
  query::Engine engine_;
};

class HttpData final : public TopData {
 public:
  explicit HttpData(std::string url) : url_(std::move(url)) {}

  Result<Newest> newest() override {
    auto r = instant(kNewestAny, std::nullopt);
    if (!r) return std::unexpected(r.error());
    if (!r->series.empty() && !r->series.front().points.empty()) {
      const Sample s = r->series.front().points.back();
      return Newest{to_ms(s.v), s.t};
    }
    // Nothing of the last five minutes; the server's clock still answers.
    r = instant("time()", std::nullopt);
    if (!r) return std::unexpected(r.error());
    const auto now = single_value(*r);
    return Newest{std::nullopt, now ? to_ms(*now) : system_clock().wall_ms()};
  }

  Result<query::QueryResult> instant(const std::string& expr, std::optional<TimeMs> at) override {
    Params params{{"query", expr}};
    if (at) params.emplace_back("time", seconds(*at));
    return answer("/api/v1/query", params);
  }

  Answers ranges(std::span<const std::string> exprs, const Steps& steps) override {
    if (together_) {
      if (auto r = all_in_one(exprs, steps)) return std::move(*r);
    }
    Answers out;
    bool all_failed = true;
    for (const std::string& e : exprs) {
      out.push_back(range(e, steps));
      all_failed = all_failed && !out.back();
      // A server that does not answer is not asked thirty times more.
      if (all_failed && out.size() == 2) break;
    }
    if (all_failed && !out.empty()) {
      while (out.size() < exprs.size()) out.push_back(out.front());
    } else {
      together_ = false;  // the server is there, but one of the expressions is not for it
    }
    return out;
  }

  std::optional<Extent> extent() override {
    const auto series = instant("tacho_store_series", std::nullopt);
    const auto window = instant("tacho_store_window_seconds", std::nullopt);
    if (!series || !window || !single_value(*series) || !single_value(*window)) return std::nullopt;
    return Extent{static_cast<std::size_t>(std::max(0.0, *single_value(*series))), to_ms(std::max(0.0, *single_value(*window)))};
  }

  std::string fallback_name() const override { return url_; }

 private:
  static constexpr std::string_view kLineLabel = "tacho_top_line";

  static std::string seconds(TimeMs t) {
    std::string s;
    append_seconds(s, t);
    return s;
  }

  Result<query::QueryResult> answer(const std::string& path, const Params& params) const {
    const auto body = ask(url_, path, params);
    if (!body) return std::unexpected(body.error());
    return parse_answer(*body);
  }

  Result<query::QueryResult> range(const std::string& expr, const Steps& s) const {
    return answer("/api/v1/query_range",
                  {{"query", expr}, {"start", seconds(s.start)}, {"end", seconds(s.end)}, {"step", seconds(s.step_ms)}});
  }

  // One round trip for the whole page: every expression's series get a label with its number, and `or` unites them.
  std::optional<Answers> all_in_one(std::span<const std::string> exprs, const Steps& steps) const {
    std::string text;
    for (std::size_t i = 0; i < exprs.size(); ++i)
      text += fmt::format("{}label_replace({}, \"{}\", \"{}\", \"\", \"\")", i == 0 ? "" : " or ", exprs[i], kLineLabel, i);
    auto all = range(text, steps);
    if (!all) return std::nullopt;
    std::vector<query::QueryResult> parts(exprs.size());
    for (query::ResultSeries& s : all->series) {
      const auto number = parse_int(s.labels.get(kLineLabel));
      if (!number || *number < 0 || static_cast<std::size_t>(*number) >= parts.size()) return std::nullopt;
      s.labels.erase(kLineLabel);
      parts[static_cast<std::size_t>(*number)].series.push_back(std::move(s));
    }
    Answers out;
    for (query::QueryResult& p : parts) {
      p.type = query::ValueType::matrix;
      out.emplace_back(std::move(p));
    }
    return out;
  }

  std::string url_;
  bool together_ = true;
};

}  // namespace

std::unique_ptr<TopData> top_over_store(const store::Queryable& store, std::string fallback_name, const Clock& clock) {
  return std::make_unique<StoreData>(store, std::move(fallback_name), clock);
}

std::unique_ptr<TopData> top_over_http(std::string url) { return std::make_unique<HttpData>(std::move(url)); }

}  // namespace tacho::tools
