#include "store/head/spare_columns.h"

#include <catch2/catch.hpp>

using namespace tacho::store;

TEST_CASE("spare columns: few at first, what a block needs once series come and go, bounded in memory") {
  constexpr std::uint64_t kAtOneSecond = 256, kAtThirty = 8;
  CHECK(spare_columns(1, {}, 4096, kAtOneSecond) == 8);
  CHECK(spare_columns(300, {}, 1024, kAtOneSecond) == 37);
  CHECK(spare_columns(2000, {}, 1024, kAtOneSecond) == 64);
  // 50 new ones in 3 rows; a block has 150.
  CHECK(spare_columns(2000, {50, 3, 1000}, 150, kAtThirty) == 2500);
  CHECK(spare_columns(2000, {50, 86, 600}, 1024, kAtOneSecond) == 595);
  // What came at once is no rate yet.
  CHECK(spare_columns(94, {90, 2, 8}, 1024, kAtOneSecond) == 44);
  CHECK(spare_columns(2000, {50, 3, 64}, 150, kAtThirty) == 256);
  // All of them new every ten rows: not more than as many again, or a MiB.
  CHECK(spare_columns(2000, {2000, 10, 2000}, 1024, kAtOneSecond) == 2000);
  CHECK(spare_columns(100, {100, 10, 500}, 1024, kAtOneSecond) == 512);
  CHECK(spare_columns(2000, {1'000'000, 0, 16'384}, 150, kAtThirty) == 16'384);
}
