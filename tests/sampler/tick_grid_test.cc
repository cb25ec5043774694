#include "sampler/tick_grid.h"

#include <catch2/catch.hpp>
#include <random>
#include <set>

using namespace tacho;
using namespace tacho::sampler;

namespace {

constexpr std::int64_t kS = kNsPerSecond;

// A machine's two clocks, set by hand.
struct Clocks {
  std::int64_t wall = 1'700'000'000 * kS + 250 * kNsPerMs;
  std::int64_t mono = 5000 * kS;

  void pass(std::int64_t ns) { wall += ns, mono += ns; }
  void step(std::int64_t ns) { wall += ns; }
};

struct Grid {
  Clocks c;
  TickGrid grid{1000};
  Grid() { grid.start(c.wall, MonoNs{c.mono}); }
  // Sleeps as long as the grid says, and a little longer; then asks it.
  TickGrid::Due turn(std::int64_t oversleep = 50'000) {
    c.pass(grid.wait_ns(c.wall) + oversleep);
    return grid.wake(c.wall, MonoNs{c.mono});
  }
};

}  // namespace

TEST_CASE("ticks are whole multiples of the interval since the epoch") {
  Grid g;
  for (int i = 1; i <= 100; ++i) {
    const auto due = g.turn();
    REQUIRE(due.due);
    CHECK(due.tick_ns == (1'700'000'000LL + i) * kS);
    CHECK(due.missed == 0);
    CHECK(g.grid.stamp(due.tick_ns, g.c.wall) == (1'700'000'000LL + i) * 1000);
  }
}

TEST_CASE(
    "ticks far apart begin with the next whole second, and are then multiples of their interval; short ones are that at once") {
  for (const std::int64_t interval : {100, 1000, 1500, 15'000, 60'000}) {
    TickGrid grid(interval);
    Clocks c;
    grid.start(c.wall, MonoNs{c.mono});
    const std::int64_t first = interval < 1000 ? c.wall + 50 * kNsPerMs : 1'700'000'001 * kS;
    CHECK(grid.next() == first);
    for (int i = 0; i < 3; ++i) {
      c.pass(grid.wait_ns(c.wall));
      const auto due = grid.wake(c.wall, MonoNs{c.mono});
      REQUIRE(due.due);
      CHECK(due.missed == 0);
      if (i > 0) CHECK(due.tick_ns % (interval * kNsPerMs) == 0);
    }
  }
}

TEST_CASE("a late tick does not delay the next one") {
  Grid g;
  CHECK(g.turn(700 * kNsPerMs).lateness_ns == 700 * kNsPerMs);
  const auto due = g.turn();
  CHECK(due.tick_ns == 1'700'000'002 * kS);
  CHECK(due.lateness_ns == 50'000);
}

TEST_CASE("ticks that passed while the thread did not run are counted and not made up") {
  Grid g;
  g.turn();
  const auto due = g.turn(3 * kS + 200 * kNsPerMs);
  CHECK(due.missed == 3);
  CHECK(due.tick_ns == 1'700'000'005 * kS);
  CHECK_FALSE(due.stepped);
  CHECK(g.turn().missed == 0);
}

TEST_CASE("a row within tolerance carries the tick, a later one its real time, and never that of the next tick") {
  TickGrid grid(1000);
  CHECK(grid.stamp(10 * kS, 10 * kS + 50 * kNsPerMs) == 10'000);
  CHECK(grid.stamp(10 * kS, 10 * kS + 51 * kNsPerMs) == 10'051);
  CHECK(grid.stamp(10 * kS, 11 * kS - 1) == 10'999);
}

TEST_CASE("when the clock steps forwards, sampling goes on with the new ticks at once, the jump is no missed tick") {
  Grid g;
  g.turn();
  g.c.step(3600 * kS);
  auto due = g.turn();
  CHECK(due.stepped);
  if (!due.due) due = g.turn();
  CHECK(due.due);
  CHECK(due.missed == 0);
  CHECK(due.tick_ns / kS - 1'700'000'000 <= 3603);
  CHECK(g.turn().due);
}

TEST_CASE("when the clock steps back, sampling goes on at once") {
  for (const std::int64_t back : {2 * kS, 10 * kS, 3600 * kS, 86'400 * 365 * kS}) {
    Grid g;
    for (int i = 0; i < 5; ++i) g.turn();
    g.c.step(-back);
    int rows = 0;
    const std::int64_t begun = g.c.mono;
    while (g.c.mono - begun < 10 * kS) rows += g.turn().due;
    CHECK(rows >= 9);
  }
}

TEST_CASE("under random delays and clock steps no two rows of one timeline have one time, and sampling never stops") {
  std::mt19937_64 random(7);
  for (int round = 0; round < 50; ++round) {
    Grid g;
    std::set<TimeMs> stamps;
    std::int64_t last_row = g.c.mono;
    for (int i = 0; i < 500; ++i) {
      if (random() % 20 == 0) {
        g.c.step(static_cast<std::int64_t>(random() % (20 * kS)) - 10 * kS);
        stamps.clear();
      }
      const auto due = g.turn(static_cast<std::int64_t>(random() % (random() % 10 == 0 ? 3 * kS : kS / 100)));
      if (due.stepped) stamps.clear();
      if (!due.due) continue;
      CHECK(g.c.mono - last_row < 6 * kS);
      last_row = g.c.mono;
      const bool fresh = stamps.insert(g.grid.stamp(due.tick_ns, g.c.wall)).second;
      CHECK(fresh);
    }
  }
}
