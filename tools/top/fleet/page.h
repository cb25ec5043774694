// The fleet page: a row a node, as styled text, for any size from 80x24 up: layout without a terminal.
//
//    4 nodes  17:20:31                                    1 silent
//   node         age  n   busy  least  power  hot marks    cpu busy, last 60 s
//   node-1        1s  8  87.3%  81.0% 4.87kW  67C T2     12.0% ▆▆▇▆▆▇▆▆▇▆▆▇▆▆▇▆▆▇▆▆
//   node-2       41s  silent: cannot connect: Connection refused
//
// Shape    exactly `height` lines, each at most `width` columns. The nodes' seconds stand below each other: the right end is the newest second of
//          any node, and a node that is late has a gap there. Wider terminals have more columns and sparklines.
// Marks    T2: two devices are slowed down by something else than idleness or a power limit; L1: one does not answer; U1: one calls itself unfit; E: an error, or uncorrected memory
//          errors, in the last minute. None of it is told by colour alone.
// Threads  pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tools/top/fleet/view.h"
#include "tools/top/pages/text.h"
#include "tools/top/state.h"

namespace tacho::tools {

struct FleetPageState {
  std::size_t width = kPageWidthMin, height = kPageHeightMin;
  Charset charset = Charset::utf8;
  FleetSort sort = FleetSort::name;
  std::size_t first_row = 0;  // at the top; brought to where the selected row is seen
  std::size_t selected = 0;   // of FleetView::nodes
  bool help = false;
  std::string message;  // of the last key: why it did nothing; "" none
};

struct FleetPage {
  std::vector<TopPageLine> lines;
  std::size_t first_row = 0, rows_shown = 0;
  std::vector<std::size_t> order;  // of all rows
};
FleetPage fleet_page(const FleetView& view, const FleetPageState& state);

}  // namespace tacho::tools
