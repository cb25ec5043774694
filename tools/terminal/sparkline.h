// A run of values as a row of characters, one cell a value: the shape of a minute at a glance.
//
// Shape    cell i is value i. NaN is a gap: a space, never the lowest mark. The lowest mark is for values at or below
//          scale.low alone, so that "nothing" and "hardly anything" look different; scale.high and above is the highest.
// Units    those of the values; the marks say only where between low and high a value lies.
// Threads  pure functions.   Errors  none: infinities are clamped like any other value.   Cost  one small string.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace tacho::tools {

enum class Charset { utf8, ascii };

struct SparkScale {
  double low = 0;
  double high = 1;  // not above low: every value is drawn as the lowest mark
};

std::string sparkline(std::span<const double> values, SparkScale scale, Charset charset);

// The same run in fewer cells: each cell is the maximum of `per_cell` values, so that a peak of one second survives. Cells
// begin where (first + i) is a multiple of per_cell: a value stays in the company it has when the run moves on by one.
// Gaps count for nothing; a cell of gaps alone is a gap.
// Requires: per_cell > 0. Gives at most `cells_max` cells, the newest.
std::vector<double> squeeze(std::span<const double> values, std::int64_t first, std::size_t per_cell, std::size_t cells_max);

}  // namespace tacho::tools
