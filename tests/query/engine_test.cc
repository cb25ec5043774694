#include <atomic>
#include <catch2/catch.hpp>

#include "query/engine.h"
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

TEST_CASE("limits answer errors of Prometheus's types") {
  const TestStore store = counters(10, 600);
  EngineOptions options;
  options.steps_max = 100;
  options.samples_max = 1000;
  const Engine engine(options);
  CHECK(kind_of(engine.range(store, "c_total", 0, 100'000, 1000)) == ErrorKind::bad_data);
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
  const Result slow = engine.instant(store, "sum_over_time(quantile_over_time(0.5, c_total[10m:1ms])[10m:10ms])",
                                     600'000, {.timeout_ms = 1});
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

}  // namespace tacho::query
