#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <map>
#include <random>

#include "tools/top/data/column_cache.h"

using namespace tacho;
using namespace tacho::tools;

namespace {

constexpr TimeMs kNoon = 1'795'435'200'000;
constexpr double kGap = std::numeric_limits<double>::quiet_NaN();

// Each series is a function of time; some come and go. What is not older than kUnsettledMs may change from one question to the next.
class Functions final : public TopData {
 public:
  Result<Newest> newest() override { return Newest{now, now}; }
  Result<query::QueryResult> instant(const std::string&, std::optional<TimeMs>) override { return failure("no"); }
  Answers columns(std::span<const std::string> exprs, const TopGrid& grid, std::int64_t) override {
    ++asked;
    if (silent) return Answers(exprs.size(), failure("nobody is there"));
    Answers out;
    for (std::size_t e = 0; e < exprs.size(); ++e) {
      const std::string& expr = exprs[e];
      out.push_back(expr == failing ? Answer(failure("{} fails", expr)) : Answer(answer(expr == "b" ? 1 : 0, grid)));
    }
    return out;
  }
  std::vector<TopSeries> answer(std::size_t e, const TopGrid& grid) const {
    std::vector<TopSeries> series;
    for (int i = 0; i < 3; ++i) {
      TopSeries s(Labels{{"i", std::to_string(i)}}, grid.count);
      for (std::size_t c = 0; c < grid.count; ++c) {
        for (TimeMs t = grid.end_of(c) - grid.step_ms + kSecondMs; t <= grid.end_of(c); t += kSecondMs) {
          const bool there = t <= now && (i == 0 || t / 400'000 % 3 != i);
          const double late = t > now - 5000 ? version : 0;
          if (there) s.add(c, static_cast<double>(t % 977'000) + static_cast<double>(e) + late);
        }
      }
      bool any = false;
      for (const double v : s.high) any = any || !std::isnan(v);
      if (any) series.push_back(std::move(s));
    }
    return series;
  }
  std::optional<Extent> extent() override { return std::nullopt; }
  Result<std::vector<query::Event>> events(TimeMs, TimeMs, std::size_t) override { return failure("no"); }
  Result<std::string> job_text(const std::string&, TimeMs, TimeMs) override { return failure("no"); }
  std::string fallback_name() const override { return "x"; }

  TimeMs now = kNoon;
  double version = 0;
  bool silent = false;
  std::string failing;
  int asked = 0;
};

std::map<Labels, std::vector<double>> shown(const std::vector<TopSeries>& of, bool high) {
  std::map<Labels, std::vector<double>> out;
  for (const TopSeries& s : of) {
    std::vector<double> v = high ? s.high : s.low;
    bool any = false;
    for (double& x : v) {
      any = any || !std::isnan(x);
      if (std::isnan(x)) x = -1;
    }
    if (any) out.emplace(s.labels, std::move(v));
  }
  return out;
}

}  // namespace

TEST_CASE("what is kept and what is asked anew make what would be answered now, wherever one looks") {
  std::mt19937 random(3);
  const std::vector<std::string> exprs = {"a", "b"};
  for (int round = 0; round < 40; ++round) {
    Functions data;
    ColumnCache cache(data);
    TimeMs end = data.now;
    for (int i = 0; i < 60; ++i) {
      constexpr std::int64_t kSteps[] = {1000, 2000, 10'000, 60'000};
      const std::int64_t step = kSteps[random() % 4];
      const std::size_t count = 1 + random() % 90;
      switch (random() % 5) {
        case 0: end = data.now; break;
        case 1: end -= static_cast<TimeMs>(random() % 200) * 1000; break;
        case 2: end = std::min(data.now, end + static_cast<TimeMs>(random() % 200) * 1000); break;
        case 3: data.now += static_cast<TimeMs>(random() % 30) * 1000; break;
        default: data.silent = random() % 3 == 0; break;
      }
      data.version = static_cast<double>(random() % 3) / 10;
      const TopGrid grid = TopGrid::up_to(end, step, count);
      const auto found = cache.get(exprs, grid, 12'000, data.now);
      REQUIRE(found.answers.size() == exprs.size());
      if (data.silent && !found.whole) {
        REQUIRE(found.problem == "nobody is there");
        continue;  // what is known is shown, and what is not is absent; which is the next check's, when somebody answers
      }
      REQUIRE(found.whole);
      for (std::size_t e = 0; e < exprs.size(); ++e) {
        const auto wanted = data.answer(e, grid);
        INFO(round << " " << i << " step " << step << " count " << count);
        REQUIRE(shown(found.answers[e], true) == shown(wanted, true));
        REQUIRE(shown(found.answers[e], false) == shown(wanted, false));
      }
    }
  }
}

TEST_CASE("what one expression was not answered is asked again, and said until then; the others go on meanwhile") {
  Functions data;
  ColumnCache cache(data);
  const std::vector<std::string> exprs = {"a", "b"};
  TopGrid grid = TopGrid::up_to(kNoon - 60'000, 1000, 60);
  (void)cache.get(exprs, grid, 12'000, kNoon);
  data.failing = exprs[1];
  for (const TimeMs back : {90'000, 30'000, 30'000}) {  // before what is known, behind it, and where nothing new is to be asked
    grid = TopGrid::up_to(kNoon - back, 1000, 60);
    const auto found = cache.get(exprs, grid, 12'000, kNoon);
    CHECK(found.problem == "b fails");
    CHECK(shown(found.answers[0], true) == shown(data.answer(0, grid), true));
  }
  data.failing.clear();
  const auto found = cache.get(exprs, grid, 12'000, kNoon);
  CHECK(found.problem.empty());
  CHECK(shown(found.answers[1], true) == shown(data.answer(1, grid), true));
  data.asked = 0;
  CHECK(cache.get(exprs, grid, 12'000, kNoon).problem.empty());
  CHECK(data.asked == 0);
}

TEST_CASE("while nobody answers what is known is shown, and nothing is made up") {
  Functions data;
  ColumnCache cache(data);
  const TopGrid grid = TopGrid::up_to(kNoon, 1000, 60);
  (void)cache.get({"a"}, grid, 12'000, kNoon);
  data.silent = true;
  const auto moved = cache.get({"a"}, TopGrid::up_to(kNoon - 30'000, 1000, 60), 12'000, kNoon);
  CHECK_FALSE(moved.whole);
  REQUIRE(moved.answers[0].size() >= 1);
  for (std::size_t i = 0; i < 60; ++i) REQUIRE(std::isnan(moved.answers[0][0].high[i]) == (i < 30));
  const auto same = cache.get({"a"}, TopGrid::up_to(kNoon - 20'000, 1000, 30), 12'000, kNoon);
  CHECK(same.whole);  // all of it is known: nobody need answer
  CHECK(same.problem.empty());
}

TEST_CASE("columns end at multiples of their length, also before the epoch, and know which they are") {
  CHECK(column_end(1000, 1000) == 1000);
  CHECK(column_end(1001, 1000) == 2000);
  CHECK(column_end(0, 5000) == 0);
  CHECK(column_end(-1, 1000) == 0);
  CHECK(column_end(-1000, 1000) == -1000);
  const TopGrid g = TopGrid::up_to(12'500, 5000, 3);
  CHECK(g.first == 5000);
  CHECK(g.last() == 15'000);
  CHECK(g.before() == 0);
  CHECK(g.index_of(1) == 0);
  CHECK_FALSE(g.index_of(0));
  CHECK(g.index_of(15'000) == 2);
  CHECK_FALSE(g.index_of(15'001));
}

TEST_CASE("a column has the highest and the lowest of its seconds, and what is not finite is none") {
  TopSeries s({}, 2);
  for (const double v : {3.0, kGap, 1.0, std::numeric_limits<double>::infinity(), 2.0}) s.add(0, v);
  CHECK(s.high[0] == 3);
  CHECK(s.low[0] == 1);
  CHECK(std::isnan(s.high[1]));
  CHECK(std::isnan(s.low[1]));
}
