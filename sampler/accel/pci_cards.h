// The accelerators of one vendor on the PCI bus, without asking any driver: what cannot hang.
//
// Source   SYSFS/bus/pci/devices/*/{vendor,class,numa_node}: display and 3D controllers, Huawei's processing accelerators. Where sysfs
//          shows none (a sandbox), the device nodes of the driver, by their numbers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sampler/accel/card_slot.h"
#include "sampler/source.h"

namespace tacho::sampler {

// In the order of their addresses, numbered from 0.
std::vector<CardSlot> nvidia_slots(const Roots& roots);
std::vector<CardSlot> ascend_slots(const Roots& roots);
// By the driver's device nodes alone, ROOTFS/dev/NODE0 and so on: for vendors whose numbers on the bus are not known.
std::vector<CardSlot> node_slots(const Roots& roots, std::string_view node);

}  // namespace tacho::sampler
