// TopData over a store in this process.
#include <algorithm>
#include <limits>
#include <map>
#include <thread>

#include "query/engine/engine.h"
#include "query/events/find_events.h"
#include "query/jobs/job_report.h"
#include "query/jobs/job_text.h"
#include "query/language/ast.h"
#include "sampler/identity/identity_names.h"
#include "store/selection_store.h"
#include "tools/top/data/data.h"
#include "tools/top/data/side_by_side.h"

namespace tacho::tools {
namespace {

// The agent's own series come last of a tick, so their newest sample says which tick is complete.
constexpr const char* kNewestOwn = "max(timestamp(tacho_process_cpu_seconds_total))";
constexpr std::int64_t kTickWrittenMs = 1000;
// So much is evaluated at a time: an hour at each second is within the engine's steps.
constexpr std::int64_t kSpanMs = 3'600'000;
constexpr std::size_t kKnownMax = 1000;  // expressions that are remembered as they are parsed
// A page of less is laid out sooner than threads begin; of more cores than these the page has little use.
constexpr std::size_t kSamplesForThreads = 100'000;
constexpr unsigned kThreadsMax = 4;

std::optional<double> single_value(const query::QueryResult& r) {
  if (r.series.empty() || r.series.front().points.empty()) return std::nullopt;
  return r.series.front().points.back().v;
}

using MatcherSets = std::vector<std::vector<store::Matcher>>;

void add_selectors(const query::Expr& expr, MatcherSets& sets) {
  if (const auto* selector = expr.as<query::VectorSelector>()) sets.push_back(selector->matchers);
  if (const auto* matrix = expr.as<query::MatrixSelector>()) add_selectors(*matrix->selector, sets);
  for (const query::Expr* child : query::children(expr)) {
    if (!expr.as<query::MatrixSelector>()) add_selectors(*child, sets);
  }
}

class StoreData final : public TopData {
 public:
  StoreData(const store::Queryable& store, std::string name, const Clock& clock,
            std::function<bool(std::string_view)> is_identity)
      : store_(store), name_(std::move(name)), clock_(clock), is_identity_(std::move(is_identity)) {
    if (!is_identity_) is_identity_ = sampler::is_usual_identity_label;
  }

  Result<Newest> newest() override {
    const store::TimeRange bounds = store_.bounds();
    Newest n{std::nullopt, clock_.wall_ms()};
    if (bounds.empty()) return n;
    n.sample = bounds.max;
    // While a tick is being written some groups have it and others do not: show the one before. But not where the agent's own
    // series ended long before others.
    if (const auto r = engine_.instant(store_, kNewestOwn, bounds.max)) {
      if (const auto own = single_value(*r)) {
        const auto at = static_cast<TimeMs>(*own * 1000 + 0.5);
        if (bounds.max - at <= kTickWrittenMs) n.sample = std::min(bounds.max, at);
      }
    }
    return n;
  }

  Result<query::QueryResult> instant(const std::string& expr, std::optional<TimeMs> at) override {
    return translated(engine_.instant(store_, expr, at ? *at : clock_.wall_ms()), expr);
  }

  Answers columns(std::span<const std::string> exprs, const TopGrid& grid, std::int64_t reach_ms) override {
    if (asked_.size() > kKnownMax) asked_.clear();
    std::vector<const Asked*> asked;
    std::vector<store::MatcherSet> sets;
    for (const std::string& e : exprs) {
      asked.push_back(&parsed(e));
      for (const auto& matchers : asked.back()->selectors) sets.emplace_back(matchers);
    }
    Answers out(exprs.size(), std::vector<TopSeries>());
    std::vector<std::map<Labels, std::size_t>> places(exprs.size());
    for (TimeMs begin = grid.before() + kSecondMs; begin <= grid.last(); begin += kSpanMs) {
      const TimeMs end = std::min(grid.last(), begin + kSpanMs - kSecondMs);
      // Each question to a store of files looks for new files and blocks first; the page is one look, and all its lines see the same.
      auto all = store_.select_any(sets, {begin - reach_ms, end}, {});
      if (!all) return Answers(exprs.size(), std::unexpected(all.error()));
      const std::size_t threads =
          all->samples < kSamplesForThreads ? 1 : std::clamp(std::thread::hardware_concurrency(), 1u, kThreadsMax);
      const store::SelectionStore copy(std::move(*all));
      side_by_side(exprs.size(), threads, [&](std::size_t i) {
        if (!out[i]) return;
        auto part = translated(range(*asked[i], copy, begin, end), exprs[i]);
        if (part) {
          add(*part, grid, *out[i], places[i]);
        } else {
          out[i] = std::unexpected(part.error());
        }
      });
    }
    return out;
  }

  std::optional<Extent> extent() override {
    const store::TimeRange bounds = store_.bounds();
    if (bounds.empty()) return std::nullopt;
    const auto series = store_.series({}, {bounds.max - 60'000, bounds.max});
    if (!series) return std::nullopt;
    return Extent{series->size(), bounds.max - bounds.min};
  }

  Result<std::vector<query::Event>> events(TimeMs start, TimeMs end, std::size_t limit) override {
    auto found = query::find_events(store_, {start, end}, {.limit = limit, .is_identity = is_identity_});
    if (!found) return std::unexpected(found.error());
    return std::move(found->events);
  }

  Result<std::string> job_text(const std::string& name, TimeMs start, TimeMs end) override {
    const query::JobOptions options{
        .is_identity = is_identity_, .limits = {.samples_max = query::kJobSamplesMax}, .now = clock_.wall_ms()};
    const auto report = query::make_job_report(store_, {start, end}, options);
    if (!report) return std::unexpected(report.error());
    return query::job_pages(*report, name);
  }

  std::string fallback_name() const override { return name_; }

 private:
  static Result<query::QueryResult> translated(query::Result r, const std::string& expr) {
    if (r) return std::move(*r);
    return failure("{}: {}", expr, r.error().message);
  }

  static void add(const query::QueryResult& part, const TopGrid& grid, std::vector<TopSeries>& to,
                  std::map<Labels, std::size_t>& places) {
    for (const query::ResultSeries& s : part.series) {
      Labels labels = s.labels;
      labels.erase(kMetricName);
      const auto [place, is_new] = places.emplace(labels, to.size());
      if (is_new) to.emplace_back(std::move(labels), grid.count);
      TopSeries& series = to[place->second];
      std::optional<std::size_t> column;
      TimeMs end = grid.before();  // of that column
      for (std::size_t i = 0; i < s.points.size(); ++i) {
        const Sample p = s.points[i];
        if (p.t > end) {
          column = grid.index_of(p.t);
          if (!column) continue;
          end = grid.end_of(*column);
        }
        if (column) series.add(*column, p.v);
      }
    }
  }

  // An expression that was asked, parsed.
  struct Asked {
    std::string text;
    std::optional<query::PreparedQuery> query;  // nothing: it is none; the engine says why
    MatcherSets selectors;
  };

  const Asked& parsed(const std::string& expr) {
    const auto [at, is_new] = asked_.try_emplace(expr);
    Asked& asked = at->second;
    if (!is_new) return asked;
    asked.text = expr;
    if (auto query = query::prepare(expr)) {
      add_selectors(*query->expr, asked.selectors);
      asked.query = std::move(*query);
    }
    return asked;
  }

  query::Result range(const Asked& asked, const store::Queryable& store, TimeMs begin, TimeMs end) const {
    return asked.query ? engine_.range(store, *asked.query, begin, end, kSecondMs)
                       : engine_.range(store, asked.text, begin, end, kSecondMs);
  }

  const store::Queryable& store_;
  std::string name_;
  const Clock& clock_;
  std::function<bool(std::string_view)> is_identity_;
  query::Engine engine_;
  std::map<std::string, Asked, std::less<>> asked_;
};

}  // namespace

std::unique_ptr<TopData> top_over_store(const store::Queryable& store, std::string fallback_name, const Clock& clock,
                                        std::function<bool(std::string_view)> is_identity) {
  return std::make_unique<StoreData>(store, std::move(fallback_name), clock, std::move(is_identity));
}

}  // namespace tacho::tools
