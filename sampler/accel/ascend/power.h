// Power of the NPU, energy as its sum over time, and whether the chip says it is well.
//
// Source   dcmi_get_device_power_info, tenths of a watt; dcmi_get_device_health.
// Energy   the library has no counter: accel_energy_joules_total has derived="1" and is the mean of two powers times the time between
//          them, since the agent's start. Time in which the card was lost, and more than kGapMax, is not in it.
// Health   1 when the chip reports no alarm, 0 for any (minor, major, critical). A device that its own driver calls absent is lost.
#pragma once

#include <optional>

#include "sampler/accel/ascend/reading.h"

namespace tacho::sampler {

class AscendPower final : public AscendReading {
 public:
  void describe(const AscendCard& card, SchemaBuilder& builder) override;
  Sampled sample(AscendCard& card, Row& row) override;

 private:
  static constexpr std::int64_t kGapMax = 60 * kNsPerSecond;
  struct Reading {
    MonoNs at;
    double watts;
  };
  void probe(AscendCard& card) override;
  void read_power(AscendCard& card, Row& row);

  bool power_there_ = false;
  bool health_there_ = false;
  std::optional<Reading> last_;
  double joules_ = 0;
  std::size_t power_ = kNoColumn;
  std::size_t energy_ = kNoColumn;
  std::size_t health_ = kNoColumn;
};

}  // namespace tacho::sampler
