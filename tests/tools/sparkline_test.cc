#include "tools/terminal/sparkline.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

using namespace tacho::tools;

namespace {

constexpr double kGap = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

std::string utf8(const std::vector<double>& v, SparkScale s = {0, 1}) { return sparkline(v, s, Charset::utf8); }
std::string ascii(const std::vector<double>& v, SparkScale s = {0, 1}) { return sparkline(v, s, Charset::ascii); }

// NaN as '_', so that two runs can be compared.
std::string shown(const std::vector<double>& v) {
  std::string out;
  for (double x : v) out += std::isnan(x) ? "_ " : std::to_string(static_cast<int>(x)) + " ";
  return out;
}

std::string squeezed(const std::vector<double>& v, std::int64_t first, std::size_t per_cell, std::size_t cells_max = 100) {
  return shown(squeeze(v, first, per_cell, cells_max));
}

}  // namespace

TEST_CASE("a rising line uses every mark once, from the lowest to the highest") {
  CHECK(utf8({0, 1, 2, 3, 4, 5, 6, 7}, {0, 7}) == "▁▂▃▄▅▆▇█");
  CHECK(ascii({0, 1, 2, 3, 4, 5, 6, 7}, {0, 7}) == "_.:-=+*#");
}

TEST_CASE("a gap is a space and never the lowest mark") {
  CHECK(utf8({kGap, 0, kGap, 1, kGap}) == " ▁ █ ");
  CHECK(ascii({kGap, kGap}) == "  ");
}

TEST_CASE("the lowest mark is for nothing alone: hardly anything is one higher") { CHECK(utf8({0, 1e-9, 0.001}) == "▁▂▂"); }

TEST_CASE("what lies outside the scale is drawn at its end") { CHECK(utf8({-5, 2, kInf, -kInf}) == "▁██▁"); }

TEST_CASE("a scale without extent draws the lowest mark, whatever the value") {
  CHECK(utf8({3, 3}, {3, 3}) == "▁▁");
  CHECK(utf8({5}, {3, 3}) == "▁");
  CHECK(utf8({5}, {4, 3}) == "▁");
}

TEST_CASE("marks never fall while values rise") {
  std::string last;
  for (int i = 0; i <= 1000; ++i) {
    const std::string mark = utf8({i / 1000.0});
    REQUIRE(mark >= last);  // the blocks' code points are in order, and so are their UTF-8 bytes
    last = mark;
  }
  CHECK(last == "█");
}

TEST_CASE("one cell a value, an empty run for no values") {
  CHECK(ascii({}).empty());
  CHECK(ascii(std::vector<double>(60, 0.5)).size() == 60);
}

TEST_CASE("squeezing keeps each cell's maximum, so a peak of a second survives") {
  CHECK(squeezed({1, 9, 3, 4, 5, 6}, 0, 2) == "9 4 6 ");
  CHECK(squeezed({1, 9, 3, 4, 5, 6}, 0, 3) == "9 6 ");
  CHECK(squeezed({1, 2, 3}, 0, 1) == "1 2 3 ");
}

TEST_CASE("squeezing keeps a value in the same company when the run moves on") {
  // Seconds 10..15, then 11..16: the pairs stay (12,13), (14,15).
  CHECK(squeezed({0, 1, 2, 3, 4, 5}, 10, 2) == "1 3 5 ");
  CHECK(squeezed({1, 2, 3, 4, 5, 6}, 11, 2) == "1 3 5 6 ");
  CHECK(squeezed({1, 2, 3}, -3, 2) == "1 3 ");  // also before the epoch: (-4,-3), (-2,-1)
}

TEST_CASE("gaps count for nothing when squeezed, a cell of gaps alone is a gap") {
  CHECK(squeezed({kGap, 2, kGap, kGap, -3, kGap}, 0, 2) == "2 _ -3 ");
}

TEST_CASE("of more cells than there is room for, the newest stay") {
  CHECK(squeezed({1, 2, 3, 4}, 0, 1, 2) == "3 4 ");
  CHECK(squeezed({1, 2, 3, 4}, 1, 2, 2) == "3 4 ");
}
