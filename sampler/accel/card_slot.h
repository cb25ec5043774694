// Which accelerator of a vendor's, before anybody has asked its library.
#pragma once

#include <cstdint>
#include <string>

namespace tacho::sampler {

// By its PCI address, or, where sysfs does not show any, the library's n-th.
struct CardSlot {
  std::uint32_t index = 0;
  std::string pci_bus_id;  // "0000:3b:00.0"; "": not known
  std::string numa_node;   // "": not known
};

}  // namespace tacho::sampler
