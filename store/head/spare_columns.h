// How many spare columns a new head gets: few, until a group has shown that its series come and go.
//
// Why      A generation that ends before a block's rows are together makes a short block with a schema of its own; one that lasts much
//          longer than a block carries columns of series that are gone. So: what a block's rows need, at the rate seen last; but
//          at most four times as many as before, for new series that come at once (an agent starts, a device appears) are no rate.
// Bounds   Never more than there are live series, or than take 1 MiB of shared memory where that is more: a column takes 8 bytes for
//          each row of the head, 2 KiB at 1 s and 64 bytes at 30 s.
#pragma once

#include <algorithm>
#include <cstdint>

namespace tacho::store {

// What the generation that ends has seen.
struct Churn {
  std::uint64_t new_series = 0;  // since it began; those that it had no room for too
  std::uint64_t rows = 0;
  std::uint64_t spare = 0;  // columns when it began
};

inline std::size_t spare_columns(std::size_t live, Churn churn, std::uint64_t block_rows, std::uint64_t row_capacity) {
  const std::uint64_t least = std::clamp<std::uint64_t>(live / 8, 8, 64);
  const std::uint64_t most = std::max<std::uint64_t>(live, (1u << 20) / (row_capacity * 8));
  const std::uint64_t needed = churn.new_series * block_rows / std::max<std::uint64_t>(churn.rows, 1);
  const std::uint64_t step = 4 * std::max(least, churn.spare);
  return static_cast<std::size_t>(std::max(least, std::min({needed, most, step})));
}

}  // namespace tacho::store
