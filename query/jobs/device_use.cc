#include "query/jobs/device_use.h"

#include <algorithm>

namespace tacho::query {
namespace {

void add_each(std::map<std::string, ExactSum>& to, const std::map<std::string, ExactSum>& from) {
  for (const auto& [key, sum] : from) to[key] += sum;
}

}  // namespace

void DeviceUse::add(const DeviceUse& other) {
  held_ms += other.held_ms;
  lost_ms += other.lost_ms;
  rated_ms += other.rated_ms;
  stalled_ms += other.stalled_ms;
  throttled_ms += other.throttled_ms;
  utilization_ms += other.utilization_ms;
  if (other.utilization_min)
    utilization_min = utilization_min ? std::min(*utilization_min, *other.utilization_min) : *other.utilization_min;
  add_to(process_busy_ms, other.process_busy_ms);
  add_to(busy_seconds, other.busy_seconds);
  add_to(energy_joules, other.energy_joules);
  take_max(power_max_watts, other.power_max_watts);
  take_max(memory_max_bytes, other.memory_max_bytes);
  add_each(throttled_seconds, other.throttled_seconds);
  add_each(errors, other.errors);
}

std::optional<double> DeviceUse::utilization_mean() const {
  if (rated_ms == 0) return std::nullopt;
  return utilization_ms.value() / static_cast<double>(rated_ms);
}

}  // namespace tacho::query
