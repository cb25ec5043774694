// Which reasons of accel_throttle_active mean that something is wrong.
//
// Shape    names as sampler/ and the aliases of other exporters give them. The others are what a card is set to, or has no work for: idle, low_utilization;
//          a display's clocks; limits that it may well be run at, its power cap and the pace of its neighbours (sync_boost).
// Threads  constants.
#pragma once

#include <string_view>

namespace tacho::query {

// Matchers of PromQL that choose the faults. What nobody knows yet is one.
inline constexpr std::string_view kThrottleFaults = R"({reason!~"idle|display|low_utilization|power_cap|sync_boost"})";
// The list alone: idle|display|...
inline constexpr std::string_view kThrottleHarmless = kThrottleFaults.substr(
    std::string_view("{reason!~\"").size(), kThrottleFaults.size() - std::string_view("{reason!~\"\"}").size());

constexpr bool is_throttle_fault(std::string_view reason) {
  for (std::string_view rest = kThrottleHarmless; !rest.empty();) {
    const std::size_t end = rest.find('|');
    if (rest.substr(0, end) == reason) return false;
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  }
  return true;
}
static_assert(!is_throttle_fault("idle") && !is_throttle_fault("sync_boost") && is_throttle_fault("thermal"));

}  // namespace tacho::query
