// The NPU's own network port (RoCE): bytes, errors, and the packets by which a network says that it is congested.
//
// Source   dcmi_get_netdev_pkt_stats_info for port 0: all counters of MAC and RoCE in one call, since the port came up.
// Labels   link="0", type="roce". Bytes are those of the MAC: whole frames, both RoCE and all else.
// Not here link speed: it takes a program of the driver's (hccn_tool), started anew each time. The library's own RDMA bandwidth blocks
//          for the time it measures; rate() of the bytes tells the same.
#pragma once

#include <vector>

#include "sampler/accel/ascend/reading.h"

namespace tacho::sampler {

class AscendPackets final : public AscendReading {
 public:
  void describe(const AscendCard& card, SchemaBuilder& builder) override;
  Sampled sample(AscendCard& card, Row& row) override;

 private:
  void probe(AscendCard& card) override;

  bool there_ = false;
  std::vector<std::size_t> columns_;
};

// link="0", type="roce".
std::vector<Label> roce_labels(std::vector<Label> more = {});

}  // namespace tacho::sampler
