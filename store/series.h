// What a source says of a series once, before its first sample.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "proto/base/labels.h"
#include "proto/base/sample.h"

namespace tacho::store {

// Which aggregates of a minute are shipped beside the metric's own name (blueprint, "Rollups as shipped").
// Bits, stored in schemas: never renumber.
enum class Rollup : std::uint8_t {
  none = 0,
  max = 1,  // X:1m_max
  min = 2,  // X:1m_min
};
constexpr Rollup operator|(Rollup a, Rollup b) {
  return static_cast<Rollup>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}
constexpr bool has(Rollup set, Rollup bit) { return (static_cast<unsigned>(set) & static_cast<unsigned>(bit)) != 0; }

struct SeriesInfo {
  Labels labels;
  MetricType type = MetricType::unknown;
  Rollup rollup = Rollup::none;

  bool operator==(const SeriesInfo&) const = default;
};

// The series of a group, in column order. No two have equal labels.
using Schema = std::vector<SeriesInfo>;

// What a group's series are now, by what differs from those described last.
struct SchemaChange {
  struct Series {
    std::uint32_t place = 0;
    SeriesInfo info;
  };
  std::size_t size = 0;         // so many there are: those behind are gone
  std::vector<Series> changed;  // by place, each once; all places that there were not before are among them
};

}  // namespace tacho::store
