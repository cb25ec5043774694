// Which numbers of a window are kept, under which names.
#include "store/rollup/rollup_policy.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <random>

#include "proto/base/number.h"
#include "store/rollup/rollup.h"

using namespace tacho;
using namespace tacho::store;

namespace {

std::string names(const Outputs& outputs, std::int64_t length_ms = 60'000) {
  std::string out;
  for (const Output& o : outputs) out += (out.empty() ? "" : " ") + output_name("x", o, length_ms);
  return out;
}

Outputs parsed(std::initializer_list<const char*> texts) {
  Outputs out;
  for (const char* text : texts) out.push_back(parse_output(text).value());
  return out;
}

}  // namespace

TEST_CASE("the metric's own name is the natural number's, or that of the only one there is") {
  using T = MetricType;
  CHECK(names(named_outputs(parsed({"max", "avg", "last"}), T::gauge)) == "x:1m_max x x:1m_last");
  CHECK(names(named_outputs(parsed({"max", "avg", "last"}), T::counter)) == "x:1m_max x:1m_avg x");
  CHECK(names(named_outputs(parsed({"max"}), T::gauge)) == "x");
  CHECK(names(named_outputs(parsed({"max", "max"}), T::gauge)) == "x");
  CHECK(names(named_outputs(parsed({"min", "max"}), T::gauge)) == "x:1m_min x:1m_max");
  CHECK(names(named_outputs(parsed({"sum", "count", "p50", "p99", "p99_9", "p0_1"}), T::gauge), 15'000) ==
        "x:15s_sum x:15s_count x:15s_p50 x:15s_p99 x:15s_p99_9 x:15s_p0_1");
  CHECK(names(catalogue_outputs({Labels::of("x"), T::gauge, Rollup::max | Rollup::min})) == "x x:1m_max x:1m_min");
  CHECK(names(catalogue_outputs({Labels::of("x"), T::info, Rollup::none})) == "x");
}

TEST_CASE("what is no output is told from what is") {
  for (const char* text : {"", "mean", "p", "p0", "p100", "p-1", "p1e1", "p99_", "p99.9.9", "p99_1234", "P99", "p0x1"}) {
    CAPTURE(text);
    const auto output = parse_output(text);
    if (std::string(text) == "p99_") {
      CHECK((!output || output->quantile == 0.99));
    } else {
      CHECK_FALSE(output);
    }
  }
  CHECK(parse_output("p99_9")->quantile == 0.999);
  CHECK(parse_output("p1")->quantile == 0.01);
}

TEST_CASE("the first rule that matches decides; without one the catalogue does") {
  std::vector<RollupRule> rules(2);
  rules[0].matches = {{Matcher::equal("__name__", "a"), Matcher::equal("cpu", "0")}, {Matcher::equal("__name__", "b")}};
  rules[0].drop = true;
  rules[1].matches = {{Matcher::create("__name__", MatchOp::regex, "a|b|c").value()}};
  rules[1].keep = parsed({"last"});
  rules[1].interval_ms = 40'000;
  const RollupPolicy policy(rules, 60'000);
  const auto of = [&](Labels labels) { return policy.of({std::move(labels), MetricType::gauge, Rollup::max}); };
  CHECK(of(Labels::of("a", {{"cpu", "0"}})).drop);
  CHECK(of(Labels::of("b")).drop);
  CHECK_FALSE(of(Labels::of("a", {{"cpu", "1"}})).drop);
  CHECK(names(of(Labels::of("a", {{"cpu", "1"}})).outputs) == "x");
  CHECK(of(Labels::of("c")).interval_ms == 40'000);
  CHECK(names(of(Labels::of("d")).outputs) == "x x:1m_max");
  CHECK(of(Labels::of("d")).interval_ms == 60'000);
  CHECK(policy.step_ms() == 20'000);
  CHECK(policy.ends_at(40'000));
  CHECK(policy.ends_at(60'000));
  CHECK_FALSE(policy.ends_at(20'000));
}

TEST_CASE("sum, count and quantiles of a window equal a slow reference; a quantile of markers and NaN as PromQL has it") {
  std::mt19937 random(4);
  for (int round = 0; round < 200; ++round) {
    SeriesInfo info{Labels::of("x"), MetricType::gauge, Rollup::none};
    std::vector<TimeMs> times;
    std::vector<double> values, inside;
    for (TimeMs t = 1000; t <= 130'000; t += 1000) {
      if (random() % 4 == 0) continue;
      double v = static_cast<double>(random() % 1000) / 8;
      if (random() % 9 == 0) v = stale_marker();
      times.push_back(t);
      values.push_back(v);
      if (t > 60'000 && t <= 120'000 && !is_stale(v)) inside.push_back(v);
    }
    const auto got = rollup({&info, times, values}, {120'000}, parsed({"sum", "count", "p50", "p90", "p99_9"}));
    REQUIRE(got.size() == 5);
    double sum = 0;
    for (const double v : inside) sum += v;
    CHECK(got[0] == sum);  // eighths: exact in any order
    CHECK(got[1] == static_cast<double>(inside.size()));
    std::sort(inside.begin(), inside.end());
    for (const auto& [at, q] : {std::pair{2, 0.5}, {3, 0.9}, {4, 0.999}}) {
      const double rank = q * static_cast<double>(inside.size() - 1);
      const auto low = static_cast<std::size_t>(rank);
      const double high = inside[std::min(low + 1, inside.size() - 1)];
      CHECK(got[static_cast<std::size_t>(at)] == Approx(inside[low] + (high - inside[low]) * (rank - static_cast<double>(low))));
    }
  }
}

TEST_CASE("a counter that went back counts from the last sample before it did") {
  SeriesInfo info{Labels::of("x"), MetricType::counter, Rollup::none};
  const std::vector<TimeMs> times{59'000, 60'000, 61'000, 62'000, 63'000, 64'000};
  const auto from = [&](std::vector<double> values) { return counted_from({&info, times, values}, {120'000}); };
  CHECK(from({5, 6, 7, 8, 9, 10}) == 0);
  CHECK(from({5, 6, 7, 1, 2, 3}) == 61'000);
  CHECK(from({5, 6, 1, 2, 1, 3}) == 62'000);
  CHECK(from({5, 6, 1, 2, 3, 4}) == 60'000);
  CHECK(from({5, 1, 2, 3, 4, 5}) == 0);  // before the window
  CHECK(from({5, 6, 7, stale_marker(), 1, 2}) == 61'000);
}
