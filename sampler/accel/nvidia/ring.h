// Readings that the driver takes by itself, many a second, and keeps in a ring until they are asked for: none between two ticks is
// lost. On a H200 (driver 580) power every 20 ms for 2.4 s, utilisation every 200 ms for 14 s.
//
// Time     the driver's, wall clock. After the clock was set back nothing would be newer than what was seen last: when nothing
//          comes for kQuiet drains, the ring is looked at as a whole, and it goes on from where its newest reading is.
// Start    with the second before.
// Cost     one call; no allocation but where the driver's ring grew.
#pragma once

#include <span>
#include <vector>

#include "sampler/accel/nvidia/card.h"

namespace tacho::sampler {

class NvidiaRing {
 public:
  struct Reading {
    double value;
    double seconds;  // for how long it stands: since the reading before it
  };

  explicit NvidiaRing(nvml::SampleKind kind) : kind_(kind) {}

  nvml::Code probe(NvidiaCard& card);
  // Those since the last call, oldest first; valid until the next.
  std::span<const Reading> drain(NvidiaCard& card);

 private:
  static constexpr int kQuiet = 5;

  nvml::Code fetch(NvidiaCard& card, nvml::U64 since_us);

  const nvml::SampleKind kind_;
  nvml::U64 last_us_ = 0;
  int quiet_ = 0;
  std::vector<nvml::Sample> samples_;
  std::size_t count_ = 0;  // of samples_, fetched now
  nvml::ValueType type_ = nvml::ValueType::u32;
  std::vector<Reading> readings_;
};

}  // namespace tacho::sampler
