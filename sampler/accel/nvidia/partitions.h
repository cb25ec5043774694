// The instances of a partitioned card (MIG): memory and hardware counters of each, under the labels partition and
// partition_profile. The card's own series go on beside them, so sums over cards must say partition="".
//
// Changes  by the driver's event, and every kRowsPerLook rows by looking; then the card is marked, and all is found out anew.
// Shares   compute instances of one GPU instance share its memory and are one series.
// Missing  utilisation, power, temperature and clocks are the whole card's; the driver has none for an instance.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sampler/accel/nvidia/gpm.h"
#include "sampler/accel/nvidia/reading.h"

namespace tacho::sampler {

struct Partition {
  nvml::Device device;
  nvml::U32 gpu_instance;
  nvml::U32 compute_instance;
  std::string uuid;
  std::string profile;  // "1g.10gb"
};

// Those there are now; none for a card that is not partitioned, or cannot be.
std::vector<Partition> list_partitions(NvidiaCard& card);

// Notices that list_partitions() would say something else.
class PartitionWatch {
 public:
  void look(NvidiaCard& card) { print_ = print(card); }
  bool changed(NvidiaCard& card) const { return print(card) != print_; }

 private:
  static std::uint64_t print(NvidiaCard& card);
  std::uint64_t print_ = 0;
};

class NvidiaPartitions final : public NvidiaReading {
 public:
  void describe(const NvidiaCard& card, SchemaBuilder& builder) override;
  Sampled sample(NvidiaCard& card, Row& row) override;

 private:
  static constexpr unsigned kRowsPerLook = 10;
  struct Instance {
    Partition partition;
    std::vector<Label> labels;
    std::unique_ptr<NvidiaGpm> gpm;
    std::size_t total = kNoColumn;
    std::size_t used = kNoColumn;
  };
  void probe(NvidiaCard& card) override;

  PartitionWatch watch_;
  unsigned rows_ = 0;
  std::vector<Instance> instances_;
};

}  // namespace tacho::sampler
