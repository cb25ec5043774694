#include "tools/top/fleet/metrics.h"

#include <array>

#include "proto/base/check.h"
#include "tools/top/lines.h"

namespace tacho::tools {
namespace {

using enum TopUnit;

struct Known {
  FleetMetric metric;
  TopUnit unit;
  std::string_view expr;
};

// Of a partitioned card the parts stand for it; a card that several sources tell of counts once.
constexpr std::array<Known, kFleetMetrics> kKnown = {{
    {FleetMetric::cpu, ratio,
     "sum(irate(node_cpu_seconds_total{mode!~\"idle|iowait\"}[R])) / sum(irate(node_cpu_seconds_total[R]))"},
    {FleetMetric::memory, ratio,
     "1 - sum(last_over_time(node_memory_MemAvailable_bytes[G])) / sum(last_over_time(node_memory_MemTotal_bytes[G]))"},
    {FleetMetric::devices, count, "count(count by (vendor, accel) (last_over_time(accel_up[G])))"},
    {FleetMetric::busy, ratio, "avg(max by (vendor, accel) (last_over_time(accel_utilization_ratio[G])))"},
    {FleetMetric::least, ratio, "min(max by (vendor, accel) (last_over_time(accel_utilization_ratio[G])))"},
    {FleetMetric::most, ratio, "max(last_over_time(accel_utilization_ratio[G]))"},
    {FleetMetric::power, watts,
     "sum(max by (vendor, accel) (last_over_time(accel_power_watts{partition=\"\",window!=\"instant\"}[G])) "
     "or max by (vendor, accel) (last_over_time(accel_power_watts{partition=\"\"}[G])))"},
    {FleetMetric::hottest, celsius, "max(last_over_time(accel_temperature_celsius{sensor=~\"core|\"}[G]))"},
    {FleetMetric::slowed, count, "count(max by (vendor, accel) (last_over_time(accel_throttle_active{FAULTS}[G])) > 0)"},
    {FleetMetric::lost, count, "count(min by (vendor, accel) (last_over_time(accel_up[G])) == 0)"},
    {FleetMetric::unfit, count, "count(min by (vendor, accel) (last_over_time(accel_health_status[S])) == 0)"},
    {FleetMetric::errors, per_second, "sum(irate(accel_errors_total[R]))"},
    {FleetMetric::ecc, per_second,
     "sum(max by (vendor, accel) (irate(accel_ecc_errors_total{severity=\"uncorrected\",scope=\"volatile\"}[R])))"},
    {FleetMetric::in, bytes_per_second, "sum(irate(node_network_receive_bytes_total{device!~\"lo|veth.*|cali.*|lxc.*\"}[R]))"},
    {FleetMetric::out, bytes_per_second, "sum(irate(node_network_transmit_bytes_total{device!~\"lo|veth.*|cali.*|lxc.*\"}[R]))"},
}};

constexpr bool in_order() {
  for (std::size_t i = 0; i < kKnown.size(); ++i) {
    if (static_cast<std::size_t>(kKnown[i].metric) != i) return false;
  }
  return true;
}
static_assert(in_order());

}  // namespace

TopUnit fleet_unit(FleetMetric metric) { return kKnown[static_cast<std::size_t>(metric)].unit; }

std::string fleet_expression(FleetMetric metric, std::int64_t interval_ms) {
  const Known& known = kKnown[static_cast<std::size_t>(metric)];
  return top_expression({.section = "fleet", .title = "", .unit = known.unit, .expr = known.expr}, interval_ms);
}

}  // namespace tacho::tools
