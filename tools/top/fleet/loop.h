// The fleet page on the screen: draws, reads keys, opens a node's own page and comes back.
//
// Threads  the one that draws; it waits for no node.
#pragma once

#include <functional>
#include <string>

#include "tools/top/fleet/fleet.h"
#include "tools/top/fleet/page.h"
#include "tools/top/screen.h"

namespace tacho::tools {

enum class FleetAfter : std::uint8_t { back, quit };
// A node's own page, until the user leaves it. An error (that it does not answer) is said on the fleet page.
using OpenNode = std::function<Result<FleetAfter>(const FleetNodeView& node)>;

// What a key does to the page; pure.
enum class FleetDo : std::uint8_t { nothing, open, quit };
FleetDo apply_fleet_key(const TopInput& input, const FleetPage& page, FleetPageState& state);

// Until the user quits. Requires: the fleet is started.
void fleet_loop(TopScreen& screen, Fleet& fleet, const OpenNode& open_node);

}  // namespace tacho::tools
