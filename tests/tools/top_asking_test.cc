// What the model of `tacho top` asks, when, and what it does without an answer.
#include <catch2/catch.hpp>
#include <cmath>
#include <map>

#include "tests/tools/top_fixture.h"

using namespace tacho;
using namespace tacho::tools;
using namespace tacho::tools::top_test;

namespace {

class BrokenData final : public TopData {
 public:
  Result<Newest> newest() override { return Newest{kStart, kStart}; }
  Result<query::QueryResult> instant(const std::string&, std::optional<TimeMs>) override { return failure("no"); }
  Answers columns(std::span<const std::string> exprs, const TopGrid&, std::int64_t) override {
    Answers out;
    for (std::size_t i = 0; i < exprs.size(); ++i) {
      if (i < broken)
        out.push_back(failure("line {} fails", i));
      else
        out.push_back(std::vector<TopSeries>());
    }
    return out;
  }
  Result<std::vector<query::Event>> events(TimeMs, TimeMs, std::size_t) override { return failure("no"); }
  Result<std::string> job_text(const std::string&, TimeMs, TimeMs) override { return failure("no"); }
  std::optional<Extent> extent() override { return std::nullopt; }
  std::string fallback_name() const override { return "x"; }
  std::size_t broken = 1;
};

}  // namespace

TEST_CASE("one expression that fails is a problem, all that fail are an error while nothing is known") {
  BrokenData data;
  {
    TopModel model(data);
    const auto some = model.refresh({});
    REQUIRE(some);
    CHECK(some->problem == "line 0 fails");
    data.broken = 1000;
    const auto none = model.refresh({});  // what was known stays
    REQUIRE(none);
    CHECK(none->problem == "line 0 fails");
  }
  TopModel model(data);
  const auto none = model.refresh({});
  REQUIRE_FALSE(none);
  CHECK(none.error().message == "line 0 fails");
}

TEST_CASE("what is asked again is only what may have changed: the past is known") {
  // Each question's answer is the time itself.
  class Counting final : public TopData {
   public:
    Result<Newest> newest() override { return Newest{now, now}; }
    Result<query::QueryResult> instant(const std::string&, std::optional<TimeMs>) override { return query::QueryResult{}; }
    Answers columns(std::span<const std::string> exprs, const TopGrid& grid, std::int64_t) override {
      asked += grid.count;
      TopSeries s({}, grid.count);
      for (std::size_t i = 0; i < grid.count; ++i) s.add(i, static_cast<double>(grid.end_of(i)));
      return Answers(exprs.size(), std::vector{s});
    }
    std::optional<Extent> extent() override { return Extent{1, 3'600'000}; }
    Result<std::vector<query::Event>> events(TimeMs, TimeMs, std::size_t) override { return failure("no"); }
    Result<std::string> job_text(const std::string&, TimeMs, TimeMs) override { return failure("no"); }
    std::string fallback_name() const override { return "x"; }
    TimeMs now = kStart;
    std::size_t asked = 0;
  };
  Counting data;
  TopModel model(data);
  TopAsk ask;
  ask.time.set_columns(100);
  const auto check = [&] {
    const auto view = model.refresh(ask);
    if (!view) FAIL(view.error().message);
    const TopRow& row = view->rows.front();
    REQUIRE(row.high.size() == view->grid.count);
    for (std::size_t i = 0; i < view->grid.count; ++i) REQUIRE(row.high[i] == static_cast<double>(view->grid.end_of(i)));
    return std::exchange(data.asked, 0);
  };
  CHECK(check() == 100);
  CHECK(check() == 15);  // the last seconds alone
  data.now += 1000;
  CHECK(check() == 16);
  ask.time.set_reach(kStart - 3'600'000, data.now);
  ask.time.page(-1);
  CHECK(check() <= 100);
  CHECK(check() == 0);
  ask.time.page(-5);  // far from what is known
  CHECK(check() == 100);
  ask.time.move(50);
  CHECK(check() == 50);
  ask.time.move(-120);
  CHECK(check() <= 50);
  ask.time.go_live();
  CHECK(check() == 100);
}

TEST_CASE("events are asked for again in their time, and where they failed also while no sample comes") {
  class Events final : public TopData {
   public:
    Result<Newest> newest() override { return Newest{now, now}; }
    Result<query::QueryResult> instant(const std::string&, std::optional<TimeMs>) override { return query::QueryResult{}; }
    Answers columns(std::span<const std::string> exprs, const TopGrid&, std::int64_t) override {
      return Answers(exprs.size(), std::vector<TopSeries>());
    }
    std::optional<Extent> extent() override { return std::nullopt; }
    Result<std::vector<query::Event>> events(TimeMs, TimeMs, std::size_t) override {
      if (fails) return failure("too slow");
      return std::vector<query::Event>(2);
    }
    Result<std::string> job_text(const std::string&, TimeMs, TimeMs) override { return failure("no"); }
    std::string fallback_name() const override { return "x"; }
    TimeMs now = kStart;
    bool fails = true;
  };
  Events data;
  TopModel model(data);
  CHECK_FALSE(model.events_due(MonoNs{0}));  // a view comes first
  REQUIRE(model.refresh({}));
  REQUIRE(model.events_due(MonoNs{0}));
  CHECK(model.ask_events(MonoNs{0}).problem == "too slow");
  CHECK_FALSE(model.events_due(MonoNs{10 * kNsPerSecond}));
  REQUIRE(model.events_due(MonoNs{15 * kNsPerSecond}));
  data.fails = false;
  const TopEvents found = model.ask_events(MonoNs{15 * kNsPerSecond});
  CHECK(found.problem.empty());
  CHECK(found.list->size() == 2);
  CHECK_FALSE(model.events_due(MonoNs{99 * kNsPerSecond}));  // nothing is new
  data.now += 1000;
  REQUIRE(model.refresh({}));
  CHECK(model.events_due(MonoNs{99 * kNsPerSecond}));
}

TEST_CASE("who does not answer is asked once a look, and what is known stays, in the time that is shown") {
  class Silent final : public TopData {
   public:
    Result<Newest> newest() override {
      ++asked;
      if (silent) return failure("nobody is there");
      return Newest{kStart, kStart + 200};
    }
    Result<query::QueryResult> instant(const std::string&, std::optional<TimeMs>) override {
      ++asked;
      return query::QueryResult{};
    }
    Answers columns(std::span<const std::string> exprs, const TopGrid& grid, std::int64_t) override {
      ++asked;
      if (silent) return Answers(exprs.size(), failure("nobody is there"));
      TopSeries s({}, grid.count);
      for (std::size_t i = 0; i < grid.count; ++i) s.add(i, 1);
      return Answers(exprs.size(), std::vector{s});
    }
    std::optional<Extent> extent() override { return Extent{1, 3'600'000}; }
    Result<std::vector<query::Event>> events(TimeMs, TimeMs, std::size_t) override { return failure("no"); }
    Result<std::string> job_text(const std::string&, TimeMs, TimeMs) override { return failure("no"); }
    std::string fallback_name() const override { return "x"; }
    bool silent = false;
    int asked = 0;
  };
  Silent data;
  TopModel model(data);
  TopAsk ask;
  ask.time.set_columns(60);
  REQUIRE(model.refresh(ask));
  data.silent = true;
  for (const std::int64_t step : {1000, 60'000}) {
    for (const bool page : {false, true}) {
      data.asked = 0;
      ask.time.set_step(step);
      ask.subject = page ? TopSubject{"cpu", "", "", {}} : TopSubject{};
      const auto view = model.refresh(ask);
      REQUIRE(view);
      CHECK(data.asked == 1);
      CHECK_FALSE(view->answered);
      CHECK(view->problem == "nobody is there");
      CHECK(view->now == kStart + 200);
      if (step == 1000 && !page) CHECK(view->rows.front().now == 1);
    }
  }
}
