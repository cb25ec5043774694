#include "store/head/head_times.h"

#include <catch2/catch.hpp>
#include <limits>
#include <random>

#include "store/head/head.h"
#include "tests/temp_dir.h"

using namespace tacho;
using namespace tacho::store;

namespace {

constexpr TimeMs kEarliest = std::numeric_limits<TimeMs>::min(), kLatest = std::numeric_limits<TimeMs>::max();

// The runs, found by reading every row.
std::vector<HeadRun> slow_runs(const Head& head) {
  std::vector<HeadRun> out;
  const HeadRows rows = head.read({}, 0, head.published(), kEarliest, kLatest);
  for (std::size_t i = 0; i < rows.times.size(); ++i) {
    const std::uint64_t row = rows.first_row + i;
    if (out.empty() || rows.times[i] <= out.back().t_max) {
      out.push_back({row, row + 1, rows.times[i], rows.times[i]});
    } else {
      out.back().end_row = row + 1;
      out.back().t_max = rows.times[i];
    }
  }
  return out;
}

}  // namespace

TEST_CASE("the runs of a head are those of its rows however seldom somebody looks") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    test::TempDir dir;
    const auto head =
        *Head::create(dir.path(), 1, encode_schema("g", 1000, {{Labels::of("m", {}), MetricType::gauge, Rollup::none}}), 64);
    HeadWriter writer(head);
    const auto other = *Head::open(head->path(), false);  // one that looks now and then, from another process
    TimeMs t = 0;
    for (int i = 0; i < 2000; ++i) {
      t += random() % 20 == 0 ? -static_cast<TimeMs>(random() % 30'000) : 1000;
      writer.begin_row();
      writer.publish(t);
      for (const auto& h : {head, other}) {
        if (h == other && random() % 80 != 0) continue;
        const auto got = h->runs(), expected = slow_runs(*h);
        REQUIRE(got.size() == expected.size());
        for (std::size_t r = 0; r < got.size(); ++r) {
          REQUIRE(got[r].first_row == expected[r].first_row);
          REQUIRE(got[r].end_row == expected[r].end_row);
          REQUIRE(got[r].t_min == expected[r].t_min);
          REQUIRE(got[r].t_max == expected[r].t_max);
        }
      }
    }
  }
}
