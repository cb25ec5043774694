// What holds the card's clocks down right now: accel_throttle_active{reason}, a series for each reason that the card can have.
// How long each did: the fields of the performance policies (nvidia_tables.h), which also count what happens between two ticks.
#pragma once

#include <array>

#include "sampler/accel/nvidia/reading.h"

namespace tacho::sampler {

class NvidiaThrottle final : public NvidiaReading {
 public:
  void describe(const NvidiaCard& card, SchemaBuilder& builder) override;
  Sampled sample(NvidiaCard& card, Row& row) override;

 private:
  static constexpr std::size_t kReasons = 8;
  void probe(NvidiaCard& card) override;

  nvml::U64 possible_ = 0;
  std::array<std::size_t, kReasons> columns_{};
};

}  // namespace tacho::sampler
