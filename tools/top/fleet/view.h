// What is known of all nodes at one moment, as plain data.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tools/top/fleet/node.h"

namespace tacho::tools {

struct FleetNodeView {
  std::string name;  // as it was asked for
  std::string url;
  std::string own_name;                         // "": not told
  bool asked = false;                           // there is an answer, or a failure
  std::string problem;                          // why the last look failed; "": it did not
  std::shared_ptr<const FleetHistory> history;  // null: none
  std::optional<std::int64_t> age_ms;           // of its newest sample, now; nothing: there is none
  std::int64_t answer_age_ms = 0;               // of that, since the answer that told it
  std::int64_t interval_ms = 1000;

  // Its newest sample is older than it should be, or nobody answers. One answer that is late does not make it so: of a thousand nodes each waits its turn.
  bool is_silent() const;
  // What to call it, where names are IP addresses that nobody knows by heart.
  std::string title() const;
};

struct FleetView {
  std::vector<FleetNodeView> nodes;  // in the order asked for
  TimeMs end = 0;                    // the newest second of any node that is not silent; 0: none
};

// Of its newest second; NaN where there is no value, or the node is silent.
double fleet_now(const FleetNodeView& node, FleetMetric metric);
// False for NaN.
bool fleet_is_more(double v, double than);
// In the last minute, of its devices.
bool fleet_has_errors(const FleetNodeView& node);

// Gives `end`, and a node's own name up where two have the same.
FleetView finish_fleet_view(std::vector<FleetNodeView> nodes);

enum class FleetSort : std::uint8_t { name, busy, power, worst };
// Indexes into FleetView::nodes. Worst: silent ones, lost devices, unfit ones, errors, slowed ones, then those with the least busy device.
std::vector<std::size_t> fleet_order(const FleetView& view, FleetSort sort);

}  // namespace tacho::tools
