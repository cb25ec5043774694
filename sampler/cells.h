// Filling cells: what was not read stays absent.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "sampler/catalogue.h"
#include "sampler/source.h"

namespace tacho::sampler {

inline void put(Row& row, std::size_t column, double value) {
  if (column != kNoColumn) row.set(column, value);
}

inline void put(Row& row, std::size_t column, std::optional<double> value) {
  if (value) put(row, column, *value);
}

// value / divisor and not value * (1 / divisor): 59 ms become 0.059, the double nearest to the decimal, which compresses better
// and prints shorter than the 0.059000000000000004 that multiplying gives. node_exporter multiplies; the difference is one ulp.
inline void put(Row& row, std::size_t column, std::optional<std::uint64_t> value, double divisor = 1.0) {
  if (value) put(row, column, static_cast<double>(*value) / divisor);
}

}  // namespace tacho::sampler
