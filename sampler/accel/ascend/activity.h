// How busy the NPU and its parts are.
//
// Source   AscendActivity: dcmi_get_device_multi_utilization_rate, four shares in one call. AscendRates: what that does not tell, by
//          dcmi_get_device_utilization_rate, a share a call.
// Cost     a call of the second kind takes about 36 ms (reported for 910B and 950): it is made in the slow source, kRatesPerRow a row
//          in turn, and in the other rows the share is absent. Without the first kind (old drivers) the NPU as a whole is asked for in
//          every slow row.
// Zeros    while a profiler is at work on the chip, the driver says 0 for AI cores and vector cores. That cannot be told from idle.
// Names    cube cores are also shown as accel_pipe_active_ratio{pipe="tensor"}: they are what others call tensor cores.
#pragma once

#include <array>
#include <vector>

#include "sampler/accel/ascend/reading.h"
#include "sampler/accel/value_name.h"

namespace tacho::sampler {

class AscendActivity final : public AscendReading {
 public:
  void describe(const AscendCard& card, SchemaBuilder& builder) override;
  Sampled sample(AscendCard& card, Row& row) override;

 private:
  void probe(AscendCard& card) override;

  bool there_ = false;
  std::size_t npu_ = kNoColumn;
  std::size_t aicore_ = kNoColumn;
  std::size_t vector_ = kNoColumn;
  std::array<std::size_t, 2> cube_{kNoColumn, kNoColumn};  // as an engine, as a pipe
};

class AscendRates final : public AscendReading {
 public:
  static constexpr std::size_t kRatesPerRow = 3;

  void describe(const AscendCard& card, SchemaBuilder& builder) override;
  Sampled sample(AscendCard& card, Row& row) override;

 private:
  struct Rate {
    dcmi::RateType type;
    ValueName name;
    ValueName also = {};  // the same number under another name
  };
  struct Used {
    const Rate* rate;
    std::size_t column = kNoColumn;
    std::size_t also = kNoColumn;
  };
  static const Rate kMulti[], kSingle[], kBandwidth[];

  void probe(AscendCard& card) override;
  void look_for(AscendCard& card, std::span<const Rate> rates);
  static void read(AscendCard& card, const Used& used, Row& row);

  std::vector<Used> used_;
  bool first_always_ = false;  // the first is the NPU as a whole, which no other call tells
  std::size_t next_ = 0;
};

}  // namespace tacho::sampler
