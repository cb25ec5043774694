#include "sampler/accel/nvidia/tables.h"

namespace tacho::sampler {
namespace {

using F = nvml::Functions;

constexpr double kMega = 1e6;
constexpr double kNano = 1e9;
constexpr double kMilli = 1e3;
constexpr double kKibi = 1024;
constexpr double kPercent = 100;

// clang-format off
constexpr CallRow kCalls[] = {
    {{"accel_temperature_celsius", "sensor", "core"}, nullptr, &F::temperature, 0},
    {{"accel_clock_hertz", "domain", "core"}, nullptr, &F::clock, 1, kMega},
    {{"accel_clock_hertz", "domain", "memory"}, nullptr, &F::clock, 2, kMega},
    {{"accel_clock_hertz", "domain", "video"}, nullptr, &F::clock, 3, kMega},
    {{"accel_performance_state"}, &F::performance_state},
};

constexpr FieldRow kFields[] = {
    {{"accel_temperature_celsius", "sensor", "memory"}, 82},
    {{"accel_throttle_seconds_total", "reason", "power_cap"}, 74, 0, 1, kNano},
    {{"accel_throttle_seconds_total", "reason", "thermal"}, 75, 0, 1, kNano},
    {{"accel_throttle_seconds_total", "reason", "sync_boost"}, 76, 0, 1, kNano},
    {{"accel_throttle_seconds_total", "reason", "board_limit"}, 77, 0, 1, kNano},
    {{"accel_throttle_seconds_total", "reason", "low_utilization"}, 78, 0, 1, kNano},
    {{"accel_throttle_seconds_total", "reason", "reliability"}, 79, 0, 1, kNano},
    // What is said twice is taken from the first that the card has.
    {{"accel_link_transmit_bytes_total", "link", "all"}, 138, nvml::kAllLinks, kKibi},
    {{"accel_link_receive_bytes_total", "link", "all"}, 139, nvml::kAllLinks, kKibi},
    {{"accel_link_transmit_bytes_total", "link", "all"}, 202, nvml::kAllLinks},
    {{"accel_link_receive_bytes_total", "link", "all"}, 204, nvml::kAllLinks},
};

constexpr CallRow kSlowCalls[] = {
    {{"accel_power_limit_watts", "limit", "enforced"}, &F::enforced_power_limit, nullptr, 0, 1, kMilli},
    {{"accel_pcie_replay_total"}, &F::pcie_replays},
    {{"accel_pcie_link_generation"}, &F::pcie_generation},
    {{"accel_pcie_link_width"}, &F::pcie_width},
    {{"accel_pcie_link_generation_max"}, &F::pcie_generation_max},
    {{"accel_pcie_link_width_max"}, &F::pcie_width_max},
};

constexpr FieldRow kSlowFields[] = {
    {{"accel_energy_joules_total"}, 83, 0, 1, kMilli},
    {{"accel_power_limit_watts", "limit", "min"}, 187, 0, 1, kMilli},
    {{"accel_power_limit_watts", "limit", "max"}, 188, 0, 1, kMilli},
    {{"accel_power_limit_watts", "limit", "default"}, 189, 0, 1, kMilli},
    {{"accel_memory_retired_pages_total", "cause", "corrected"}, 29},
    {{"accel_memory_retired_pages_total", "cause", "uncorrected"}, 30},
    {{"accel_recovery_action"}, 230},
};

constexpr CallRow kSeldomCalls[] = {
    {{"accel_temperature_limit_celsius", "limit", "shutdown"}, nullptr, &F::temperature_threshold, 0},
    {{"accel_temperature_limit_celsius", "limit", "slowdown"}, nullptr, &F::temperature_threshold, 1},
    {{"accel_temperature_limit_celsius", "limit", "memory_max"}, nullptr, &F::temperature_threshold, 2},
    {{"accel_temperature_limit_celsius", "limit", "core_max"}, nullptr, &F::temperature_threshold, 3},
    {{"accel_clock_max_hertz", "domain", "core"}, nullptr, &F::max_clock, 1, kMega},
    {{"accel_clock_max_hertz", "domain", "memory"}, nullptr, &F::max_clock, 2, kMega},
    {{"accel_clock_max_hertz", "domain", "video"}, nullptr, &F::max_clock, 3, kMega},
    {{"accel_fan_speed_ratio", "fan", "0"}, nullptr, &F::fan_speed, 0, 1, kPercent},
    {{"accel_fan_speed_ratio", "fan", "1"}, nullptr, &F::fan_speed, 1, 1, kPercent},
};
// clang-format on

}  // namespace

std::span<const CallRow> nvidia_calls() { return kCalls; }
std::span<const FieldRow> nvidia_fields() { return kFields; }
std::span<const CallRow> nvidia_slow_calls() { return kSlowCalls; }
std::span<const FieldRow> nvidia_slow_fields() { return kSlowFields; }
std::span<const CallRow> nvidia_seldom_calls() { return kSeldomCalls; }

}  // namespace tacho::sampler
