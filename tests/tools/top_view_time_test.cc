#include "tools/top/view_time.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <ctime>
#include <random>

using namespace tacho;
using namespace tacho::tools;

namespace {

constexpr TimeMs kNoon = 1'795'435'200'000;  // 2026-11-23 12:00:00 UTC

void require_sound(const ViewTime& t) {
  const TopGrid g = t.grid();
  REQUIRE(t.cursor() % kSecondMs == 0);
  REQUIRE(t.oldest() <= t.cursor());
  REQUIRE(t.cursor() <= t.newest());
  REQUIRE(g.index_of(t.cursor()).has_value());
  REQUIRE(g.last() <= column_end(t.newest(), t.step_ms()));
  REQUIRE(g.last() % t.step_ms() == 0);
  // What is held fills the screen where there is enough of it.
  const TimeMs first = column_end(t.oldest(), t.step_ms());
  if (column_end(t.newest(), t.step_ms()) - first >= g.last() - g.first) REQUIRE(g.first >= first);
  if (t.live()) {
    REQUIRE(t.cursor() == t.newest());
    REQUIRE(g.last() == column_end(t.newest(), t.step_ms()));
  }
}

ViewTime hour(std::size_t columns = 60) {
  ViewTime t;
  t.set_reach(kNoon - 3'600'000, kNoon);
  t.set_columns(columns);
  return t;
}

}  // namespace

TEST_CASE("any sequence of keys, sizes and seconds keeps the cursor in the window and on the screen") {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    TimeMs newest = kNoon + static_cast<TimeMs>(random() % 100'000);
    const auto window = static_cast<TimeMs>(random() % 4'000'000);
    ViewTime t;
    t.set_reach(newest - window, newest);
    for (int i = 0; i < 200; ++i) {
      const int n = static_cast<int>(random() % 7) - 3;
      switch (random() % 11) {
        case 0: t.move(n); break;
        case 1: t.page(n); break;
        case 2: t.zoom(n); break;
        case 3: t.pause(); break;
        case 4: t.go_live(); break;
        case 5: t.go_oldest(); break;
        case 6: t.go_to(newest - static_cast<TimeMs>(random() % 5'000'000) + 500'000); break;
        case 7: t.set_columns(random() % 300); break;
        case 8: t.set_step(ViewTime::kSteps[random() % ViewTime::kSteps.size()]); break;
        default:
          newest += static_cast<TimeMs>(random() % 90'000);
          t.set_reach(newest - window, newest);
          break;
      }
      require_sound(t);
    }
  }
}

TEST_CASE("zooming out and in again comes back to the same second, at the same place where there is room") {
  ViewTime t = hour();
  t.go_to(kNoon - 1'800'000);
  t.move(-7);
  const TimeMs cursor = t.cursor();
  const TopGrid grid = t.grid();
  for (int out = 1; out <= 3; ++out) {
    for (int i = 0; i < out; ++i) t.zoom(-1);
    CHECK(t.cursor() == cursor);
    for (int i = 0; i < out; ++i) t.zoom(1);
    CHECK(t.cursor() == cursor);
    CHECK(t.grid() == grid);
  }
  for (int i = 0; i < 20; ++i) t.zoom(-1);
  CHECK(t.step_ms() == 60'000);
  CHECK(t.cursor() == cursor);
  for (int i = 0; i < 20; ++i) t.zoom(1);
  CHECK(t.step_ms() == 1000);
  CHECK(t.cursor() == cursor);
}

TEST_CASE("a step is a column, and a step back from a step back is where one was") {
  ViewTime t = hour();
  t.move(-1);
  CHECK_FALSE(t.live());
  CHECK(t.cursor() == kNoon - 1000);
  t.move(1);
  CHECK(t.cursor() == kNoon);
  CHECK_FALSE(t.live());  // the newest second, and time stands still
  t.move(1);
  CHECK(t.live());
  t.set_step(60'000);
  t.move(-3);
  CHECK(t.cursor() == kNoon - 180'000);
}

TEST_CASE("while time stands still new seconds change nothing but how far it reaches") {
  ViewTime t = hour();
  t.move(-1);
  const TopGrid grid = t.grid();
  t.set_reach(kNoon - 3'590'000, kNoon + 10'000);
  CHECK(t.cursor() == kNoon - 1000);
  CHECK(t.grid() == grid);
  CHECK(t.newest() == kNoon + 10'000);
  // The window's end reaches the cursor: it cannot stay.
  t.set_reach(kNoon + 600'000, kNoon + 4'200'000);
  CHECK(t.cursor() == kNoon + 600'000);
}

TEST_CASE("a time far away comes to the middle of the screen") {
  ViewTime t = hour();
  t.go_to(kNoon - 1'800'000);
  CHECK(t.grid().last() == kNoon - 1'800'000 + 30'000);
  t.go_to(kNoon - 1'790'000);  // on the screen: it stays
  CHECK(t.grid().last() == kNoon - 1'800'000 + 30'000);
}

TEST_CASE("times as people type them") {
  ::setenv("TZ", "UTC", 1);
  ::tzset();
  const TimeMs newest = kNoon + 200'000;
  CHECK(parse_view_time("12:01", newest) == kNoon + 60'000);
  CHECK(parse_view_time(" 12:01:05 ", newest) == kNoon + 65'000);
  CHECK(parse_view_time("23:00", newest) == kNoon - 13 * 3'600'000);  // yesterday's: that of today has not been
  CHECK(parse_view_time("-10m", newest) == newest - 600'000);
  CHECK(parse_view_time("-1h30m", newest) == newest - 5'400'000);
  CHECK(parse_view_time("2026-11-23T11:00:00Z", newest) == kNoon - 3'600'000);
  CHECK(parse_view_time("1795435200", newest) == kNoon);
  for (const char* bad : {"", "x", "25:00", "12:60", "12:", "1:2:3:4", "-", "-x", "12:00:00:"}) {
    INFO(bad);
    CHECK_FALSE(parse_view_time(bad, newest));
  }
}
