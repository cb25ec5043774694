#include "sampler/accel/pci_cards.h"

#include <fmt/format.h>

#include "sampler/folders.h"
#include "sampler/short_text.h"

namespace tacho::sampler {
namespace {

constexpr std::string_view kNvidia = "0x10de";

// 0x030000 VGA, 0x030200 3D controller; 0x0680.., a bridge, is an NVSwitch.
bool is_card(std::string_view pci_class) { return pci_class.starts_with("0x0300") || pci_class.starts_with("0x0302"); }

}  // namespace

std::vector<CardSlot> nvidia_slots(const Roots& roots) {
  std::vector<CardSlot> slots;
  const std::string folder = roots.sysfs + "/bus/pci/devices";
  for (const std::string& address : list_folder(folder).value_or(std::vector<std::string>())) {
    const std::string device = fmt::format("{}/{}", folder, address);
    if (label_text(device + "/vendor") != kNvidia || !is_card(label_text(device + "/class"))) continue;
    const std::string node = label_text(device + "/numa_node");
    slots.push_back({.index = 0, .pci_bus_id = address, .numa_node = node.starts_with('-') ? "" : node});
  }
  if (slots.empty()) {
    const auto nodes = list_numbered(roots.rootfs + "/dev", "nvidia");
    slots.resize(nodes ? nodes->size() : 0);
  }
  for (std::size_t i = 0; i < slots.size(); ++i) slots[i].index = static_cast<std::uint32_t>(i);
  return slots;
}

}  // namespace tacho::sampler
