// SelectLimits::newest held against the whole selection: the same series, each with the same newest sample.
#pragma once

#include <bit>
#include <catch2/catch.hpp>

#include "store/queryable.h"

namespace tacho::test {

inline void check_newest(const store::Queryable& q, std::span<const store::Matcher> matchers, store::TimeRange range) {
  const auto all = q.select(matchers, range, {});
  const auto newest = q.select(matchers, range, {.newest = true});
  REQUIRE(all);
  REQUIRE(newest);
  REQUIRE(newest->series.size() == all->series.size());
  for (std::size_t i = 0; i < all->series.size(); ++i) {
    const store::SeriesView &a = all->series[i], &n = newest->series[i];
    REQUIRE(n.labels() == a.labels());
    REQUIRE(n.times.back() == a.times.back());
    REQUIRE(std::bit_cast<std::uint64_t>(n.values.back()) == std::bit_cast<std::uint64_t>(a.values.back()));
    REQUIRE(n.values.size() <= a.values.size());
  }
}

}  // namespace tacho::test
