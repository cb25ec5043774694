// Charts in the terminal: every point is where it belongs, peaks survive any width, and axes say what they mean.
#include "tools/terminal/chart.h"
#include "tests/tools/rows_of.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <random>
#include <sstream>

using namespace tacho;
using namespace tacho::tools;
using query::QueryResult;
using query::ResultSeries;
using query::ValueType;

namespace {

constexpr TimeMs kBegin = 1'795'439'400'000;

QueryResult lines(std::vector<ResultSeries> series) {
  QueryResult r;
  r.type = ValueType::matrix;
  r.series = std::move(series);
  return r;
}

ResultSeries series(const char* name, const std::vector<double>& values, std::int64_t step_ms = 1000) {
  ResultSeries s{Labels::of("m", {{"a", name}}), {}};
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isnan(values[i])) s.points.push_back({kBegin + static_cast<TimeMs>(i) * step_ms, values[i]});
  }
  return s;
}

ChartOptions options(std::size_t points, std::size_t width = 32, std::size_t height = 5) {
  return {.width = width,
          .height = height,
          .charset = Charset::ascii,
          .begin = kBegin,
          .end = kBegin + static_cast<TimeMs>(points - 1) * 1000};
}

using test::rows_of;

constexpr double kGap = std::numeric_limits<double>::quiet_NaN();

}  // namespace

TEST_CASE("a chart in ASCII, whole") {
  ::setenv("TZ", "UTC", 1);
  ::tzset();
  std::vector<double> up(20);
  for (std::size_t i = 0; i < up.size(); ++i) up[i] = static_cast<double>(i) * 100;
  CHECK(chart(lines({series("x", up)}), options(20)) ==
        "    2.00 k +                  **\n"
        "           |             *****\n"
        "    1.00 k +        *****\n"
        "           |   *****\n"
        "         0 +***\n"
        "           +--------------------\n"
        "            13:10:00    13:10:19\n"
        "* m{a=\"x\"}  last 1.90 k, from 0 to 1.90 k\n");
}

TEST_CASE("a peak of one point survives any width, and is as high as it is") {
  std::mt19937 random(2);
  for (int round = 0; round < 50; ++round) {
    std::vector<double> values(3600, 1.0);
    const std::size_t at = random() % values.size();
    values[at] = 10;
    const std::size_t width = 40 + random() % 160;
    const auto rows = rows_of(chart(lines({series("x", values)}), options(values.size(), width, 11)));
    // The top row is 10.
    REQUIRE(rows[0].find(" 10 +") != std::string::npos);
    const std::size_t star = rows[0].find('*');
    REQUIRE(star != std::string::npos);
    const auto column = static_cast<double>(star - 12), across = static_cast<double>(width - 12 - 1);
    CHECK(std::fabs(column / across - static_cast<double>(at) / 3599.0) <= 1.0 / across);
  }
}

TEST_CASE("no line is drawn over a gap") {
  std::vector<double> values(20, 5.0);
  for (std::size_t i = 8; i < 13; ++i) values[i] = kGap;
  const auto rows = rows_of(chart(lines({series("x", values)}), options(20)));
  std::string drawn;
  for (const std::string& row : rows) {
    if (row.find('*') != std::string::npos && row.size() > 12 && row[11] != ' ') drawn = row.substr(12);
  }
  CHECK(drawn == "********     *******");
}

TEST_CASE("several series have marks of their own, and as many as fit are drawn") {
  std::vector<ResultSeries> many;
  for (int i = 0; i < 14; ++i)
    many.push_back(series(std::string(1, static_cast<char>('A' + i)).c_str(), std::vector<double>(5, i + 1.0)));
  auto o = options(5);
  o.charset = Charset::utf8;
  const std::string text = chart(lines(many), o);
  CHECK(text.find("and 4 more that reach less far") != std::string::npos);
  CHECK(text.find("{a=\"N\"}  last 14,") != std::string::npos);
  CHECK(text.find("{a=\"A\"}") == std::string::npos);
  CHECK(text.find("\x1b[") == std::string::npos);
  o.colours = true;
  CHECK(chart(lines(many), o).find("\x1b[36m") != std::string::npos);
}

TEST_CASE("what cannot be drawn is said or left out") {
  CHECK(chart(lines({}), options(5)) == "no samples\n");
  CHECK(chart(lines({series("x", {std::numeric_limits<double>::infinity()})}), options(5)) == "no samples that can be drawn\n");
  const double inf = std::numeric_limits<double>::infinity();
  const std::string text = chart(lines({series("x", {1, inf, -inf, 3, 1e300, -1e300, 2})}), options(7));
  CHECK(text.find('*') != std::string::npos);
  // One value, negative values, very small ones: an axis all the same.
  for (const double v : {0.0, -5.0, 1e-12, 7.25, -1e18})
    CHECK(rows_of(chart(lines({series("x", {v, v})}), options(2))).size() == 8);
}

TEST_CASE("values that differ in their last bits alone, or by more than there is, have an axis that ends") {
  const double inf = std::numeric_limits<double>::infinity();
  for (const auto& [a, b] : {std::pair{0.3, 0.1 + 0.2},
                             {0.1, std::nextafter(0.1, 1)},
                             {1e16, 1e16 + 2},
                             {0.9999999999999999, 1.0},
                             {-1.7e308, 1.7e308},
                             {4.9e-324, 9.9e-324},
                             {1e-300, 2e-300},
                             {1.0, inf}}) {
    CAPTURE(a, b);
    for (const std::size_t height : {4u, 16u, 40u})
      CHECK(chart(lines({series("x", {a, b, a})}), options(3, 60, height)).size() < 10'000);
  }
}

TEST_CASE("the times of more than a day do not run into each other") {
  ChartOptions o = options(2, 80);
  o.end = o.begin + 3 * 86'400'000;
  const auto rows = rows_of(chart(lines({series("x", {1, 2}, 86'400'000)}), o));
  const std::string& axis = rows[rows.size() - 2];
  CHECK(axis.find("2026-11-23 13:10:00 ") != std::string::npos);
  CHECK(axis.find(" 2026-11-26 13:10:00") != std::string::npos);
}

TEST_CASE("random results are drawn whatever they hold") {
  std::mt19937_64 random(9);
  for (int round = 0; round < 400; ++round) {
    std::vector<ResultSeries> all;
    for (std::size_t i = 0; i < 1 + random() % 4; ++i) {
      std::vector<double> values;
      for (std::size_t k = 0; k < 1 + random() % 300; ++k)
        values.push_back(random() % 9 == 0
                             ? kGap
                             : std::ldexp(static_cast<double>(random() % 2001) - 1000, static_cast<int>(random() % 40) - 20));
      if (std::all_of(values.begin(), values.end(), [](double v) { return std::isnan(v); })) values[0] = 1;
      all.push_back(series(std::to_string(i).c_str(), values));
    }
    auto o = options(300, 20 + random() % 180, 1 + random() % 40);
    o.charset = random() % 2 ? Charset::utf8 : Charset::ascii;
    o.colours = random() % 2 != 0;
    o.unit = static_cast<TopUnit>(random() % 9);
    CHECK(rows_of(chart(lines(all), o)).size() >= 6);
  }
}

TEST_CASE("an instant vector is bars, the longest the highest value") {
  QueryResult r;
  r.type = ValueType::vector;
  const std::vector<double> values{50, 100};
  r.series = {{Labels::of("m", {{"d", "sda"}}), query::Points(kBegin, 1, std::span(values).first(1))},
              {Labels::of("m", {{"d", "sdb"}}), query::Points(kBegin, 1, std::span(values).last(1))}};
  auto o = options(2, 60);
  CHECK(chart(r, o) ==
        "m\n"
        "{d=\"sda\"}          50  ###################\n"
        "{d=\"sdb\"}         100  #####################################\n");
}

TEST_CASE("an expression's unit follows from its names where nothing else was done to them") {
  CHECK(unit_of_expression("node_memory_MemFree_bytes") == TopUnit::bytes);
  CHECK(unit_of_expression("rate(node_network_receive_bytes_total{device=\"a/b\"}[5s])") == TopUnit::bytes_per_second);
  CHECK(unit_of_expression("sum by (a_ratio) (rate(node_cpu_seconds_total{mode!=\"idle\"}[5s] offset 5m))") == TopUnit::ratio);
  CHECK(unit_of_expression("max(accel_power_watts:1m_max)") == TopUnit::watts);
  CHECK(unit_of_expression("topk(3, accel_temperature_celsius)") == TopUnit::celsius);
  CHECK(unit_of_expression("a_bytes or a_bytes{x=\"y\"}") == TopUnit::bytes);
  CHECK(unit_of_expression("rate(node_context_switches_total[1m])") == TopUnit::per_second);
  for (const char* text : {"a_bytes / b_bytes", "count(a_bytes)", "a_bytes * 8", "node_load1", "a_bytes or b_seconds", "1", "",
                           "{a=\"b\"}", "-a_bytes"})
    CHECK(unit_of_expression(text) == TopUnit::count);
}
