// What of the NPU's links can only be asked by a call that waits: each has a source of its own (ascend_source.h), so that it holds up
// nothing else.
//
// AscendNetwork    whether the RoCE port reaches what it is told to probe: dcmi_get_device_network_health, which has been seen to block
//                  for long after a card dropped off the bus. Up is what Huawei's exporter takes for healthy: 0, reached, and 6, not
//                  begun yet.
// AscendBandwidth  bytes a second over PCIe and over the links between NPUs (HCCS), each measured for kProfilingMs, for which the call
//                  blocks. PCIe: posted, non-posted and completions together, means, in whole MB a millisecond. HCCS on bare metal and in
//                  privileged containers only.
// Not here         the counters of HCCS (dcmi_get_device_info): their layout is not documented.
#pragma once

#include <array>

#include "sampler/accel/ascend/reading.h"

namespace tacho::sampler {

class AscendNetwork final : public AscendReading {
 public:
  void describe(const AscendCard& card, SchemaBuilder& builder) override;
  Sampled sample(AscendCard& card, Row& row) override;

 private:
  void probe(AscendCard& card) override;

  bool there_ = false;
  std::size_t up_ = kNoColumn;
};

class AscendBandwidth final : public AscendReading {
 public:
  static constexpr int kProfilingMs = 200;

  void describe(const AscendCard& card, SchemaBuilder& builder) override;
  Sampled sample(AscendCard& card, Row& row) override;

 private:
  using Columns = std::array<std::size_t, 2>;  // transmit, receive

  void probe(AscendCard& card) override;

  bool pcie_there_ = false;
  bool hccs_there_ = false;
  Columns pcie_{kNoColumn, kNoColumn};
  Columns hccs_{kNoColumn, kNoColumn};
  std::array<Columns, dcmi::HccsBandwidth::kLinks> links_{};
};

}  // namespace tacho::sampler
