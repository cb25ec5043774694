// RDMA ports, InfiniBand and RoCE: node_infiniband_*.
//
// Source   SYSFS/class/infiniband/DEVICE/ports/PORT/{state,phys_state,rate,link_layer}, counters/, hw_counters/, and counters_ext/
//          of kernels before 4.5. port_rcv_data and port_xmit_data count words of 4 bytes, whatever the number of lanes.
// Counters mlx5's hw_counters are 32 bits wide in the hardware, and a busy port's rx_write_requests passes them within minutes:
//          they go on counting over the wrap.
// More     than node_exporter, which reads hw_counters of devices named mlx5_* and irdma* only: udev's newer names (rocep1s0f0)
//          hide those. node_infiniband_link_layer_info is ours. lifespan_seconds is not cut to whole seconds, which would be 0.
// Blocking every counters/ file is a query to the firmware, tens of microseconds when all is well, and it hangs with the device.
#pragma once

#include <string>

#include "sampler/host/number_files.h"
#include "sampler/source.h"

namespace tacho::sampler {

class InfinibandSource : public Source {
 public:
  explicit InfinibandSource(const Roots& roots) : folder_(roots.sysfs + "/class/infiniband") {}

  std::string_view name() const override { return "infiniband"; }
  bool may_block() const override { return true; }
  Result<void> describe(store::Schema& schema) override;
  Result<Sampled> sample(Row& row) override { return files_.sample(row); }

 private:
  void describe_port(SchemaBuilder& builder, const std::string& device, const std::string& port);

  std::string folder_;
  NumberFiles files_;
};

}  // namespace tacho::sampler
