// What a device did while it was somebody's.
//
// Units    milliseconds, seconds, joules, bytes, ratios from 0 to 1.
// Shape    sums, so that stretches of time and devices add up. What was never read is absent, not 0.
// Threads  a value.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "query/jobs/exact_sum.h"

namespace tacho::query {

struct DeviceUse {
  std::int64_t held_ms = 0;       // of time that rows cover
  std::int64_t lost_ms = 0;       // of that, when the device did not answer
  std::int64_t rated_ms = 0;      // of that, with a utilisation
  std::int64_t stalled_ms = 0;    // of that, with one below JobOptions::stalled_below
  std::int64_t throttled_ms = 0;  // when something but idleness held the clocks down
  ExactSum utilization_ms;        // integral of the utilisation
  std::optional<double> utilization_min;
  std::optional<ExactSum> process_busy_ms;  // integral of the shares that its processes used, where the driver tells them
  std::optional<ExactSum> busy_seconds;
  std::optional<ExactSum> energy_joules;
  std::optional<double> power_max_watts;
  std::optional<double> memory_max_bytes;
  std::map<std::string, ExactSum> throttled_seconds;  // by reason, as the driver counts it
  std::map<std::string, ExactSum> errors;             // by code; "ecc_uncorrected" beside them

  void add(const DeviceUse& other);
  bool empty() const { return held_ms == 0 && !busy_seconds && !energy_joules && errors.empty(); }
  // Absent where no row had one.
  std::optional<double> utilization_mean() const;
};

}  // namespace tacho::query
