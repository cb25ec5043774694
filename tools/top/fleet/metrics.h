// What the fleet page shows of a node: a fixed list of PromQL expressions, each of one series.
//
// Threads  constants.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "tools/terminal/format.h"

namespace tacho::tools {

enum class FleetMetric : std::uint8_t {
  cpu,
  memory,
  devices,
  busy,   // the devices' mean
  least,  // of the device that is least busy
  most,
  power,    // of all devices together
  hottest,  // of their temperatures
  slowed,   // devices whose clocks something else than idleness or a power limit holds down
  lost,     // devices that do not answer
  unfit,    // devices that call themselves so; they are asked seldom
  errors,   // of devices, a second
  ecc,      // memory errors that were not corrected, a second
  in,
  out,
};
inline constexpr std::size_t kFleetMetrics = 15;

TopUnit fleet_unit(FleetMetric metric);
// For samples that come every interval_ms. Requires: interval_ms > 0.
std::string fleet_expression(FleetMetric metric, std::int64_t interval_ms);

}  // namespace tacho::tools
