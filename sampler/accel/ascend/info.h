// What an NPU is, who computes on it, and its PCIe link.
//
// accel_info  driver version, serial number, NUMA node, chip version, the number of AI cores, and the numbers under which it is known:
//             logical_id is what Huawei's exporter calls id, physical_id is the N of /dev/davinciN and of Kubernetes' device ids.
// Processes   dcmi_get_device_resource_info: process ids of the host, at most 32, bytes.
// PCIe        sysfs, of devices whose address is known (pcie_link.h).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sampler/accel/ascend/reading.h"
#include "sampler/accel/card_processes.h"
#include "sampler/accel/pcie_link.h"

namespace tacho::sampler {

class AscendInfo final : public AscendReading {
 public:
  explicit AscendInfo(std::string sysfs) : sysfs_(std::move(sysfs)) {}
  void describe(const AscendCard& card, SchemaBuilder& builder) override;
  Sampled sample(AscendCard& card, Row& row) override;

 private:
  void probe(AscendCard& card) override;

  const std::string sysfs_;
  std::vector<Label> facts_;
  std::optional<PcieLink> link_;
  std::size_t column_ = kNoColumn;
};

class AscendProcesses final : public AscendReading {
 public:
  void describe(const AscendCard& card, SchemaBuilder& builder) override;
  Sampled sample(AscendCard& card, Row& row) override;

 private:
  void probe(AscendCard& card) override;
  dcmi::Code list(AscendCard& card);

  bool there_ = false;
  CardProcesses processes_;
};

}  // namespace tacho::sampler
