// What a card is, and what its partitions are: series that are always 1, for their labels.
//
// accel_info            driver and firmware versions, serial number, NUMA node, device number.
// accel_partition_info  an instance of a partitioned card, or a compute instance in one.
// accel_ecc_enabled     whether memory errors are corrected and counted at all.
#pragma once

#include <vector>

#include "sampler/accel/nvidia/partitions.h"

namespace tacho::sampler {

class NvidiaInfo final : public NvidiaReading {
 public:
  void describe(const NvidiaCard& card, SchemaBuilder& builder) override;
  Sampled sample(NvidiaCard& card, Row& row) override;

 private:
  void probe(NvidiaCard& card) override;

  std::vector<Label> facts_;
  std::vector<Partition> partitions_;
  PartitionWatch watch_;
  std::vector<std::size_t> columns_;  // all 1
  bool ecc_ = false;
  std::size_t ecc_column_ = kNoColumn;
};

}  // namespace tacho::sampler
