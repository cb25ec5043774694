// What the kernel's compute driver (kfd) calls a card: one id, or one for each part of a partitioned card.
//
// Source   SYSFS/class/kfd/kfd/topology/nodes/*/{gpu_id,properties}. Nodes of processors have the id 0.
// Threads  any.
#pragma once

#include <string>
#include <vector>

#include "sampler/accel/amd/card.h"

namespace tacho::sampler {

struct KfdNode {
  std::string gpu_id;
  unsigned partition;  // 0 for a whole card
};

// In the order of partitions; none where kfd does not know the card.
std::vector<KfdNode> kfd_nodes(const AmdCard& card);

}  // namespace tacho::sampler
