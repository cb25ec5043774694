// How a terminal's width is shared out among the fleet page's columns: what every row needs, whole names, then what is worth less, and the rest to
// sparklines.
//
// Threads  pure.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "tools/top/fleet/view.h"

namespace tacho::tools {

struct FleetColumn {
  std::string_view title;
  std::size_t width;  // with the space before it
  int rank;           // those of a lower one are dropped last
  bool of_devices;
  FleetMetric metric;
};

struct FleetSpark {
  std::string_view title;
  FleetMetric metric;
};

inline constexpr std::size_t kFleetAgeWidth = 4, kFleetMarksWidth = 6;  // each with the space before it

struct FleetLayout {
  std::size_t name = 0;
  bool marks = false;
  std::vector<const FleetColumn*> columns;  // from left to right; those of devices first
  std::vector<FleetSpark> sparks;           // one at least
  std::size_t cells = 0;                    // of each

  std::size_t per_cell() const { return kFleetSeconds / cells; }
};

// Requires: width of 80 at least. Where no node has accelerators there are no columns for them.
FleetLayout fleet_layout(const FleetView& view, std::size_t width);

}  // namespace tacho::tools
