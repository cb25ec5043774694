// Heat strips: every line fits, every peak is seen, a gap is a gap, and the legend says what is what.
#include "tools/terminal/heat.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <random>
#include <sstream>

#include "proto/base/text_columns.h"
#include "tests/tools/rows_of.h"

using namespace tacho;
using namespace tacho::tools;
using query::QueryResult;
using query::ResultSeries;

namespace {

constexpr TimeMs kBegin = 1'795'439'400'000;
constexpr double kGap = std::numeric_limits<double>::quiet_NaN();

ResultSeries series(const std::string& device, const std::vector<double>& values) {
  ResultSeries s{Labels::of("m", {{"device", device}, {"node", "n1"}}), {}};
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isnan(values[i])) s.points.push_back({kBegin + static_cast<TimeMs>(i) * 1000, values[i]});
  }
  return s;
}

QueryResult lines(std::vector<ResultSeries> all) {
  QueryResult r;
  r.type = query::ValueType::matrix;
  r.series = std::move(all);
  return r;
}

HeatOptions options(std::size_t points, std::size_t width = 50, int colours = 0) {
  return {.width = width,
          .height = 24,
          .charset = Charset::ascii,
          .colours = colours,
          .begin = kBegin,
          .end = kBegin + static_cast<TimeMs>(points - 1) * 1000};
}

using test::rows_of;

// Without what colours it.
std::string plain(const std::string& line) {
  std::string out;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\x1b') {
      i = line.find('m', i);
    } else {
      out += line[i];
    }
  }
  return out;
}

// The cells of a row of 256 colours: the colour's number, -1 where there is none.
std::vector<int> colours_of_row(const std::string& line) {
  std::vector<int> out;
  int colour = -1;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line.compare(i, 7, "\x1b[48;5;") == 0) {
      colour = std::stoi(line.substr(i + 7));
      i = line.find('m', i);
    } else if (line[i] == '\x1b') {
      colour = -1;
      i = line.find('m', i);
    } else {
      out.push_back(colour);
    }
  }
  return out;
}

// CIE lightness of one of the 216 colours of the cube.
double lightness(int colour) {
  const int at = colour - 16;
  const auto linear = [](int level) {
    const double c = (level == 0 ? 0 : 55 + 40 * level) / 255.0;
    return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
  };
  return 116 * std::cbrt(0.2126 * linear(at / 36) + 0.7152 * linear(at / 6 % 6) + 0.0722 * linear(at % 6)) - 16;
}

}  // namespace

TEST_CASE("a heat strip in ASCII, whole") {
  ::setenv("TZ", "UTC", 1);
  ::tzset();
  std::vector<double> up(20), flat(20, 0);
  for (std::size_t i = 0; i < up.size(); ++i) up[i] = static_cast<double>(i) * 10;
  flat[7] = 190;
  for (std::size_t i = 12; i < 16; ++i) flat[i] = kGap;
  CHECK(heat(lines({series("gpu10", up), series("gpu9", flat)}), options(20, 60)) ==
        "m{node=\"n1\"}\n"
        "device                                             highest\n"
        "gpu9   ..............@@........        ........        190\n"
        "gpu10  ..::::----======++++****######%%%%@@@@@@        190\n"
        "       13:10:00        13:10:09        13:10:19\n"
        "0 .:-=+*#%@ 190   a cell: peak of 1s; a gap: no value\n");
}

TEST_CASE("a peak of one second survives any width, and stands where it was") {
  std::mt19937 random(2);
  for (int round = 0; round < 200; ++round) {
    std::vector<double> values(200 + random() % 4000, 1.0);
    const std::size_t at = random() % values.size();
    values[at] = 10;
    const std::size_t width = 40 + random() % 200;
    const auto rows = rows_of(
        heat(lines({series("a", values), series("b", std::vector<double>(values.size(), 1.0))}), options(values.size(), width)));
    CAPTURE(width, values.size(), at);
    const std::size_t star = rows[2].find('@');
    REQUIRE(star != std::string::npos);
    CHECK(rows[2].find('@', star + 1) == std::string::npos);
    CHECK(rows[3].find('@') == std::string::npos);
    const std::size_t left = 7;  // "device "
    const double cells = static_cast<double>(width - left - (width >= 60 ? 11 : 0));
    CHECK(std::fabs(static_cast<double>(star - left) / cells - static_cast<double>(at) / static_cast<double>(values.size())) <
          0.5);
  }
}

TEST_CASE("a gap is never a mark and never a colour, and the lowest value is one") {
  std::vector<double> values(20, 0.0);
  for (std::size_t i = 5; i < 9; ++i) values[i] = kGap;
  const auto r = lines({series("a", values), series("b", std::vector<double>(20, 3.0))});
  CHECK(rows_of(heat(r, options(20)))[2] == "a      ..........        ......................");
  auto o = options(20, 50, 256);
  const std::vector<int> row = colours_of_row(rows_of(heat(r, o))[2]);
  for (std::size_t i = 0; i < 40; ++i) CHECK((row.at(7 + i) == -1) == (i / 2 >= 5 && i / 2 < 9));
  o.colours = 8;
  o.charset = Charset::utf8;
  CHECK(plain(rows_of(heat(r, o))[2]).find("░░        ░░") != std::string::npos);
}

TEST_CASE("of 256 colours the higher is always the lighter, and none is lost on black or white") {
  std::vector<double> values(64);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(i);
  const std::vector<int> row =
      colours_of_row(rows_of(heat(lines({series("a", values), series("b", values)}), options(64, 90, 256)))[2]);
  double before = 0;
  int colours = 0, last = -1;
  for (std::size_t i = 7; i < 7 + 64; ++i) {
    REQUIRE(row[i] >= 16);
    const double l = lightness(row[i]);
    CHECK(l > 30);
    CHECK(l < 92);
    CHECK(l >= before);
    colours += row[i] != last;
    last = row[i];
    before = l;
  }
  CHECK(colours == 8);
}

TEST_CASE("rows stand in people's order, and what does not fit the height is counted") {
  std::vector<ResultSeries> many;
  for (int i = 0; i < 30; ++i) many.push_back(series(std::to_string(i), std::vector<double>(10, i)));
  auto o = options(10);
  auto rows = rows_of(heat(lines(many), o));
  CHECK(rows.size() == 24);
  CHECK(rows[2].starts_with("11 "));
  CHECK(rows[20].starts_with("29 "));
  CHECK(rows.back() == "11 more that reach less far");
  o.height = 60;
  rows = rows_of(heat(lines(many), o));
  CHECK(rows[2].starts_with("0 "));
  CHECK(rows[4].starts_with("2 "));
  CHECK(rows[12].starts_with("10 "));
  CHECK(rows.size() == 34);
  CHECK(counts_before("sda9", "sda10"));
  CHECK_FALSE(counts_before("sda10", "sda9"));
  CHECK_FALSE(counts_before("a", "a"));
  CHECK(counts_before("a", "a1"));
  CHECK(counts_before("01", "1"));
}

TEST_CASE("a row is named by what tells it apart, without what would only make it longer") {
  QueryResult r = lines({});
  for (const char* accel : {"0", "1"}) {
    ResultSeries s = series("x", {1, 2});
    s.labels = Labels::of("m", {{"accel", accel}, {"pod_uid", std::string("0b1c2d3e-0000-0000-0000-00000000000") + accel}});
    r.series.push_back(s);
  }
  const auto rows = rows_of(heat(r, options(2)));
  CHECK(rows[1] == "accel");
  CHECK(rows[2].starts_with("0     "));
  CHECK(rows_of(heat(lines({series("x", {1, 2})}), options(2)))[0] == "m{device=\"x\",node=\"n1\"}");
}

TEST_CASE("a share of something has a scale up to all of it") {
  auto o = options(3);
  o.unit = TopUnit::ratio;
  const std::string text = heat(lines({series("a", {0.1, 0.2, 0.5})}), o);
  CHECK(text.find("0.0 % .:-=+*#%@ 100.0 %") != std::string::npos);
}

TEST_CASE("what cannot be drawn is said") {
  CHECK(heat(lines({}), options(5)) == "no samples\n");
  CHECK(heat(lines({series("x", {std::numeric_limits<double>::infinity()})}), options(5)) == "no samples that can be drawn\n");
}

TEST_CASE("whatever the result holds, no line is wider than asked for, and there are no more lines than asked for") {
  std::mt19937_64 random(9);
  for (int round = 0; round < 500; ++round) {
    std::vector<ResultSeries> all;
    const std::size_t points = 1 + random() % 400;
    for (std::size_t i = 0; i < 1 + random() % 12; ++i) {
      std::vector<double> values;
      for (std::size_t k = 0; k < points; ++k)
        values.push_back(random() % 9 == 0
                             ? kGap
                             : std::ldexp(static_cast<double>(random() % 2001) - 1000, static_cast<int>(random() % 40) - 20));
      if (std::isnan(values[0])) values[0] = 1;
      static const std::vector<std::string> kNames = {"a", "node-12.example.org/very/long/name", "日本語", "\x1b[31m", "7"};
      all.push_back(series(kNames[random() % kNames.size()] + std::to_string(i), values));
    }
    auto o = options(points, 40 + random() % 200);
    o.height = 6 + random() % 20;
    o.charset = random() % 2 ? Charset::utf8 : Charset::ascii;
    o.colours = static_cast<int>(random() % 3) * 128;
    o.unit = static_cast<TopUnit>(random() % 9);
    const auto rows = rows_of(heat(lines(all), o));
    CHECK(rows.size() <= o.height);
    for (const std::string& row : rows) {
      CAPTURE(o.width, row);
      CHECK(columns_of(plain(row)) <= o.width);
    }
  }
}

TEST_CASE("a cell of several means says that it is their highest") {
  query::QueryResult r{.type = query::ValueType::matrix};
  r.series.push_back({.labels = Labels::of("x"), .points = {}});
  for (int i = 0; i < 200; ++i) r.series[0].points.push_back({i * 2000, 1.0});
  HeatOptions o{.width = 80, .charset = Charset::ascii, .begin = 0, .end = 398'000, .step_ms = 2000, .point = "mean"};
  CHECK(heat(r, o).find("a cell: highest of 3 means of 2s;") != std::string::npos);
  o.end = 60'000;
  CHECK(heat(r, o).find("a cell: mean of 2s;") != std::string::npos);
}
