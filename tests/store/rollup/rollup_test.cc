#include "store/rollup/rollup.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <random>

namespace tacho::store {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
const double kNan = normal_nan();

// A series whose samples are one second apart, ending at `last`.
struct Given {
  SeriesInfo info;
  std::vector<TimeMs> times;
  std::vector<double> values;

  Given(MetricType type, Rollup rollup = Rollup::none) : info{Labels::of("x"), type, rollup} {}
  Given& at(TimeMs t, double v) {
    times.push_back(t);
    values.push_back(v);
    return *this;
  }
  SeriesView view() const { return {&info, times, values}; }
};

Given seconds(std::initializer_list<double> values) {
  Given g(MetricType::gauge);
  TimeMs t = 61'000;
  for (const double v : values) g.at(t, v), t += 1000;
  return g;
}

const RollupWindow kWindow{120'000};

bool same(double a, double b) { return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b); }

// "x 3, x:1m_max 4" with "stale" for the marker.
std::string shipped(const Given& g, const RollupWindow& w = kWindow) {
  std::string out;
  const Outputs outputs = catalogue_outputs(g.info);
  const std::vector<double> values = rollup(g.view(), w, outputs);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!out.empty()) out += ", ";
    out += output_name("x", outputs[i], w.length_ms) + " " + (is_stale(values[i]) ? "stale" : fmt::format("{}", values[i]));
  }
  return out;
}

}  // namespace

TEST_CASE("a window is open at its beginning and closed at its end") {
  Given g(MetricType::gauge);
  g.at(60'000, 100).at(60'001, 1).at(120'000, 3).at(120'001, 100);
  const RollupStats s = rollup_stats(g.view(), kWindow);
  CHECK(s.count == 2);
  CHECK(s.average == 2);
  CHECK(s.min == 1);
  CHECK(s.max == 3);
  CHECK(s.last == 3);
  CHECK(s.last_t == 120'000);
}

TEST_CASE("sums are compensated: small values between large ones are not lost") {
  CHECK(rollup_stats(seconds({1e16, 1, 1, 1, -1e16}).view(), kWindow).sum == 3);
  CHECK(rollup_stats(seconds({1, 1e100, 1, -1e100}).view(), kWindow).sum == 2);
  const RollupStats s = rollup_stats(seconds({0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1}).view(), kWindow);
  CHECK(s.average == 0.1);
}

TEST_CASE("the average of finite values is finite") {
  const double big = std::numeric_limits<double>::max();
  const RollupStats s = rollup_stats(seconds({big, big, big}).view(), kWindow);
  CHECK(s.average == Approx(big));
  CHECK(std::isinf(s.sum));
}

TEST_CASE("NaN and infinities behave as in avg_over_time, max_over_time and min_over_time") {
  const auto check = [](std::initializer_list<double> values, double average, double max, double min) {
    const RollupStats s = rollup_stats(seconds(values).view(), kWindow);
    const auto equal = [](double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); };
    CHECK(equal(s.average, average));
    CHECK(equal(s.max, max));
    CHECK(equal(s.min, min));
  };
  check({1, kNan, 3}, kNan, 3, 1);
  check({kNan, 1, 3}, kNan, 3, 1);
  check({kNan, kNan}, kNan, kNan, kNan);
  check({1, kInf, 3}, kInf, kInf, 1);
  check({1, kInf, kInf, 2}, kInf, kInf, 1);
  check({1, -kInf, 3}, -kInf, 3, -kInf);
  check({kInf, -kInf}, kNan, kInf, -kInf);
}

TEST_CASE("the last value is kept bit for bit") {
  const double odd_nan = std::bit_cast<double>(std::uint64_t{0x7ff8'0000'0000'1234});
  CHECK(same(rollup_stats(seconds({1, odd_nan}).view(), kWindow).last, odd_nan));
  CHECK(same(rollup_stats(seconds({1, -0.0}).view(), kWindow).last, -0.0));
}

TEST_CASE("what is shipped follows the type") {
  const auto check = [](MetricType type, const char* expected) {
    Given g(type);
    g.at(61'000, 2).at(62'000, 6).at(63'000, 1);
    CHECK(shipped(g) == expected);
  };
  check(MetricType::gauge, "x 3");
  check(MetricType::counter, "x 1");
  check(MetricType::histogram, "x 1");
  check(MetricType::summary, "x 1");
  check(MetricType::info, "x 1");
  check(MetricType::stateset, "x 1");
  check(MetricType::unknown, "x 1");
}

TEST_CASE("peaks are shipped where the catalogue asks for them") {
  Given g(MetricType::gauge, Rollup::max | Rollup::min);
  g.at(61'000, 2).at(62'000, 6).at(63'000, 1);
  CHECK(shipped(g) == "x 3, x:1m_max 6, x:1m_min 1");
  g.info.rollup = Rollup::max;
  CHECK(shipped(g) == "x 3, x:1m_max 6");
}

TEST_CASE("names of other windows carry their length") {
  CHECK(output_name("x", {Output::Kind::max}, 300'000) == "x:5m_max");
  CHECK(output_name("x", {Output::Kind::min}, 30'000) == "x:30s_min");
}

TEST_CASE("staleness markers are no samples") {
  Given g(MetricType::gauge);
  g.at(61'000, 2).at(62'000, stale_marker()).at(63'000, 4);
  CHECK(shipped(g) == "x 3");
  CHECK_FALSE(rollup_stats(g.view(), kWindow).ended);
}

TEST_CASE("a series that ends ships its last window, then one marker") {
  Given g(MetricType::gauge, Rollup::max);
  g.at(61'000, 2).at(62'000, 4).at(63'000, stale_marker());
  CHECK(shipped(g, {120'000}) == "x 3, x:1m_max 4");
  CHECK(shipped(g, {180'000}) == "x stale, x:1m_max stale");
  CHECK(shipped(g, {240'000}).empty());
}

TEST_CASE("a marker that opens a window ends the series in that window") {
  Given g(MetricType::counter);
  g.at(120'000, 2).at(121'000, stale_marker());
  CHECK(shipped(g, {120'000}) == "x 2");
  CHECK(shipped(g, {180'000}) == "x stale");
  CHECK(shipped(g, {240'000}).empty());
}

TEST_CASE("a series that comes back in the next window gets no marker") {
  Given g(MetricType::gauge);
  g.at(119'000, 2).at(120'000, stale_marker()).at(125'000, 7);
  CHECK(shipped(g, {120'000}) == "x 2");
  CHECK(shipped(g, {180'000}) == "x 7");
}

TEST_CASE("a gap without a marker ships nothing, and no marker") {
  Given g(MetricType::gauge);
  g.at(119'000, 2);
  CHECK(shipped(g, {180'000}).empty());
}

TEST_CASE("the share of rows counts ticks on the interval's grid") {
  CHECK(rows_ratio({"cpu", 1000, 60}, kWindow) == 1);
  CHECK(rows_ratio({"cpu", 1000, 30}, kWindow) == 0.5);
  CHECK(rows_ratio({"cpu", 1000, 61}, kWindow) == 1);
  CHECK(rows_ratio({"slow", 7000, 9}, kWindow) == 1);    // 63, 70, ... 119
  CHECK(rows_ratio({"slow", 300'000, 0}, kWindow) < 0);  // no tick in this minute
  CHECK(rows_ratio({"slow", 300'000, 1}, {300'000}) == 1);
}

TEST_CASE("rollups equal a slow reference over random windows") {
  const unsigned seed = 20'231'117;
  std::mt19937 random(seed);
  for (int round = 0; round < 300; ++round) {
    Given g(MetricType::gauge, Rollup::max | Rollup::min);
    std::vector<double> inside;
    const double scale = std::pow(10.0, static_cast<double>(random() % 30) - 10);
    for (TimeMs t = 0; t <= 180'000; t += 1000) {
      if (random() % 10 == 0) continue;
      const double v = scale * (static_cast<double>(random() % 100'000) - 30'000) / 7;
      g.at(t, v);
      if (t > 60'000 && t <= 120'000) inside.push_back(v);
    }
    const RollupStats s = rollup_stats(g.view(), kWindow);
    REQUIRE(s.count == inside.size());
    long double sum = 0, magnitude = 0;
    for (const double v : inside) sum += v, magnitude += std::fabs(v);
    CHECK(std::fabs(static_cast<double>(sum / static_cast<long double>(inside.size()) - s.average)) <=
          1e-15 * static_cast<double>(magnitude));
    CHECK(s.max == *std::max_element(inside.begin(), inside.end()));
    CHECK(s.min == *std::min_element(inside.begin(), inside.end()));
    CHECK(s.last == inside.back());
  }
}

}  // namespace tacho::store
