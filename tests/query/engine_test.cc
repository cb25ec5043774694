#include <atomic>
#include <bit>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <map>
#include <random>

#include "query/engine/engine.h"
#include "test_store.h"

namespace tacho::query {
namespace {

TestStore counters(int series, int seconds) {
  TestStore store;
  for (int s = 0; s < series; ++s) {
    const Labels labels = Labels::of("c_total", {{"n", std::to_string(s)}});
    for (int t = 0; t <= seconds; ++t) store.add(labels, t * 1000, t * (s + 1.0));
  }
  return store;
}

ErrorKind kind_of(const Result& r) {
  REQUIRE_FALSE(r);
  return r.error().kind;
}

}  // namespace

TEST_CASE("each selector is fetched once, whatever the number of steps") {
  const TestStore store = counters(3, 60);
  const Engine engine;
  REQUIRE(engine.range(store, "sum(rate(c_total[10s])) / sum(rate(c_total[10s]))", 0, 60'000, 1000));
  CHECK(store.selects == 1);
  REQUIRE(engine.range(store, "c_total - c_total offset 1h", 0, 60'000, 1000));
  CHECK(store.selects == 3);
}

TEST_CASE("a range query gives a matrix sorted by labels, an instant query a vector, a scalar or a string") {
  const TestStore store = counters(2, 10);
  const Engine engine;
  const Result range = engine.range(store, "-c_total", 0, 2000, 1000);
  REQUIRE(range);
  CHECK(range->type == ValueType::matrix);
  REQUIRE(range->series.size() == 2);
  CHECK(range->series[0].labels.get("n") == "0");
  CHECK(range->series[1].points.size() == 3);
  CHECK(range->series[1].points[2].v == -4);
  CHECK(engine.range(store, "1", 0, 2000, 1000)->series[0].points.size() == 3);
  CHECK(engine.instant(store, "c_total", 1000)->type == ValueType::vector);
  CHECK(engine.instant(store, "1 + 1", 1000)->series[0].points[0].v == 2);
  CHECK(engine.instant(store, "(\"text\")", 1000)->text == "text");
  const Result window = engine.instant(store, "c_total{n=\"1\"}[2s]", 5000);
  REQUIRE(window);
  CHECK(window->type == ValueType::matrix);
  CHECK(window->series[0].points.size() == 2);
  CHECK(window->series[0].labels.metric_name() == "c_total");
}

TEST_CASE("every step of a range query is bit for bit the instant query at that time") {
  TestStore store;
  std::mt19937_64 random(20261123);
  const auto chance = [&random](unsigned percent) { return random() % 100 < percent; };
  for (int s = 0; s < 6; ++s) {
    const Labels labels = Labels::of("x_total", {{"s", std::to_string(s)}, {"g", std::to_string(s % 2)}});
    double v = 0;
    for (TimeMs t = 0; t <= 120'000; t += 1000) {
      if (chance(5)) continue;
      v = chance(3) ? 0 : v + static_cast<double>(random() % 1'000'000) / 7;
      const double odd = chance(2) ? stale_marker() : chance(2) ? normal_nan() : chance(1) ? 1.7e308 : v;
      store.add(labels, t + (s == 3 ? 137 : 0), s < 4 && odd != 1.7e308 ? v : odd);
    }
  }
  // Whole numbers: small ones of both signs with both zeros, bytes, and ones whose sums need more than 53 bits; with times in common.
  for (TimeMs t = 0; t <= 120'000; t += 1000) {
    if (chance(5)) continue;
    const auto whole = [&random](std::uint64_t below) { return static_cast<double>(random() % below); };
    store.add(Labels::of("n", {{"s", "small"}}), t, chance(30) ? -0.0 : 4 - whole(8));
    store.add(Labels::of("n", {{"s", "bytes"}}), t, 4096 * whole(1u << 30));
    store.add(Labels::of("n", {{"s", "large"}}), t, 9007199254740991.0 - whole(1u << 20));
    store.add(Labels::of("n", {{"s", "odd"}}), t, chance(10) ? normal_nan() : chance(10) ? -HUGE_VAL : whole(5));
  }
  const Engine engine;
  for (const char* query : {"x_total",
                            "sum_over_time(n[13s])",
                            "avg_over_time(n[1m])",
                            "avg_over_time(n[700ms])",
                            "quantile_over_time(0.99, n[1m])",
                            "quantile_over_time(0, n[40s])",
                            "quantile_over_time(1.5, n[40s])",
                            "topk(2, n)",
                            "bottomk(2, n)",
                            "topk(2, {__name__=~\"n|x_total\"})",
                            "topk(scalar(count(n)) - 3, rate({__name__=~\"n|x_total\"}[30s]))",
                            "rate(n[30s])",
                            "n offset 250ms",
                            "timestamp(n)",
                            "n @ 60",
                            "rate(x_total[10s])",
                            "increase(x_total[7s])",
                            "delta(x_total[9s])",
                            "irate(x_total[5s])",
                            "resets(x_total[20s])",
                            "changes(x_total[20s])",
                            "deriv(x_total[15s])",
                            "predict_linear(x_total[15s], 5)",
                            "sum_over_time(x_total[13s])",
                            "avg_over_time(x_total[13s])",
                            "avg_over_time(x_total[1m] offset 3s)",
                            "min_over_time(x_total[13s])",
                            "max_over_time(x_total[13s])",
                            "ts_of_min_over_time(x_total[13s])",
                            "ts_of_max_over_time(x_total[13s])",
                            "stddev_over_time(x_total[13s])",
                            "quantile_over_time(0.3, x_total[13s])",
                            "mad_over_time(x_total[13s])",
                            "last_over_time(x_total[3s])",
                            "count_over_time(x_total[3s])",
                            "absent_over_time(x_total[1s])",
                            "sum by (g) (x_total)",
                            "avg by (g) (x_total)",
                            "stdvar(x_total)",
                            "quantile by (g) (0.9, x_total)",
                            "max(x_total)",
                            "x_total / on (s) rate(x_total[5s])",
                            "x_total and x_total > 1e6",
                            "x_total or rate(x_total[5s])",
                            "topk by (g) (1, x_total)",
                            "max_over_time(rate(x_total[5s])[20s:3s])",
                            "rate(x_total[5s] smoothed)",
                            "increase(x_total[5s] anchored)",
                            "x_total @ 30 - x_total",
                            "count_values(\"v\", x_total > bool 1e6)"}) {
    INFO(query);
    const Result range = engine.range(store, query, 0, 125'000, 500);
    REQUIRE(range);
    std::map<std::pair<Labels, TimeMs>, std::uint64_t> steps;
    const auto bits = [](double v) { return std::isnan(v) ? 0 : std::bit_cast<std::uint64_t>(v); };
    for (const ResultSeries& s : range->series) {
      for (const Sample& p : s.points) steps[{s.labels, p.t}] = bits(p.v);
    }
    std::map<std::pair<Labels, TimeMs>, std::uint64_t> instants;
    for (TimeMs t = 0; t <= 125'000; t += 500) {
      const Result instant = engine.instant(store, query, t);
      REQUIRE(instant);
      for (const ResultSeries& s : instant->series) instants[{s.labels, t}] = bits(s.points[0].v);
    }
    CHECK(!steps.empty());
    CHECK((steps == instants));
  }
}

TEST_CASE("limits answer errors of Prometheus's types") {
  const TestStore store = counters(10, 600);
  EngineOptions options;
  options.steps_max = 100;
  options.samples_max = 1000;
  const Engine engine(options);
  CHECK(kind_of(engine.range(store, "c_total", 0, 101'000, 1000)) == ErrorKind::bad_data);
  CHECK(kind_of(engine.range(store, "c_total", 10, 0, 1000)) == ErrorKind::bad_data);
  CHECK(kind_of(engine.range(store, "c_total", 0, 10, 0)) == ErrorKind::bad_data);
  CHECK(kind_of(engine.range(store, "c_total[5m]", 0, 10, 1)) == ErrorKind::bad_data);
  CHECK(kind_of(engine.instant(store, "rate(c_total[10m])", 600'000)) == ErrorKind::execution);
  CHECK(kind_of(engine.instant(store, "sum_over_time(vector(1)[1y:1ms])", 600'000)) == ErrorKind::execution);
  CHECK(engine.instant(store, "rate(c_total[1m])", 600'000));
}

TEST_CASE("a raised stop flag and a passed deadline end a query") {
  const TestStore store = counters(10, 600);
  const Engine engine;
  std::atomic<bool> stop{true};
  CHECK(kind_of(engine.instant(store, "c_total", 0, {.stop = &stop})) == ErrorKind::canceled);
  const Result slow =
      engine.instant(store, "sum_over_time(quantile_over_time(0.5, c_total[10m:1ms])[10m:10ms])", 600'000, {.timeout_ms = 1});
  CHECK(kind_of(slow) == ErrorKind::timeout);
}

TEST_CASE("extreme times overflow nothing") {
  const TestStore store = counters(1, 10);
  const Engine engine;
  constexpr TimeMs kMax = std::numeric_limits<TimeMs>::max() / 4;
  CHECK(engine.instant(store, "c_total offset 100y", 0));
  CHECK(engine.instant(store, "rate(c_total[200y:100y] offset -290y)", kMax));
  CHECK(engine.instant(store, "c_total @ 9000000000000000", 0));
  CHECK(engine.range(store, "c_total", -kMax, kMax, kMax));
  CHECK(engine.instant(store, "year(vector(-1e300)) + hour(vector(NaN))", 0));
}

TEST_CASE("what is not there yet says so") {
  const TestStore store;
  const Result r = Engine().instant(store, "start_timestamp(a)", 0);
  REQUIRE_FALSE(r);
  CHECK(r.error().message.starts_with("not supported yet: "));
}

TEST_CASE("every limit says which it is and what raises it") {
  const TestStore store = counters(10, 600);
  const auto message = [&store](EngineOptions options, const char* query, CallOptions call = {}) {
    const Result r = Engine(options).range(store, query, 0, 600'000, 10'000, call);
    REQUIRE_FALSE(r);
    return r.error().message;
  };
  const auto has = [](const std::string& text, std::string_view part) {
    INFO(text);
    return text.find(part) != std::string::npos;
  };
  CHECK(has(message({.steps_max = 59}, "c_total"), "exceeded maximum resolution of 59 points per timeseries"));
  CHECK(has(message({.steps_max = 59}, "c_total"), "query.steps_max"));
  CHECK(Engine({.steps_max = 60}).range(store, "c_total", 0, 600'000, 10'000));
  CHECK(has(message({.series_max = 9}, "c_total"), "more than 9 series (query.series_max)"));
  CHECK(Engine({.series_max = 10}).range(store, "c_total", 0, 600'000, 10'000));
  // Cells: ten series of 61 steps.
  CHECK(has(message({.samples_max = 6100}, "sum_over_time(vector(1)[1y:1s])"), "6100 (query.samples_max)"));
  CHECK(has(message({.memory_max = 100'000}, "sum_over_time(vector(1)[1y:1s])"), "100000 bytes of them (query.memory_max)"));
  CHECK(has(message({.timeout_ms = 1}, "c_total", {.waited_ms = 2}), "may take 1ms; ask for less, or raise query.timeout"));
  // The request may shorten the time, not lengthen it; what was waited counts.
  CHECK(has(message({.timeout_ms = 10}, "c_total", {.timeout_ms = 1000, .waited_ms = 20}), "may take 10ms"));
  CHECK(Engine({.timeout_ms = 1000}).range(store, "c_total", 0, 600'000, 10'000, {.waited_ms = 20}));
}

TEST_CASE("a long loop over one series ends at its deadline") {
  const TestStore store = counters(1, 600);
  const Engine engine;
  for (const char* query : {"quantile_over_time(0.5, c_total[1d:1s])", "stddev_over_time(c_total[1d:1s])",
                            "deriv(c_total[1d:1s])", "avg_over_time(c_total[1d:1s])"}) {
    const auto begin = system_clock().mono();
    const Result r = engine.range(store, query, 0, 86'400'000, 10'000, {.timeout_ms = 50});
    // The sanitizers' builds are slow, and so may be the machine.
    if (!r) CHECK(r.error().kind == ErrorKind::timeout);
    CHECK(system_clock().mono() - begin < 20 * kNsPerSecond);
  }
}

}  // namespace tacho::query
