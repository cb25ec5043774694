#include "sampler/accel/pci_cards.h"

#include <fmt/format.h>

#include "sampler/folders.h"
#include "sampler/short_text.h"

namespace tacho::sampler {
namespace {

constexpr std::string_view kNvidia = "0x10de";
constexpr std::string_view kHuawei = "0x19e5";

// 0x030000 VGA, 0x030200 3D controller; 0x0680.., a bridge, is an NVSwitch.
bool is_graphics(std::string_view pci_class) { return pci_class.starts_with("0x0300") || pci_class.starts_with("0x0302"); }
// Processing accelerators; the same vendor's SAS and network controllers are none.
bool is_accelerator(std::string_view pci_class) { return pci_class.starts_with("0x12"); }

// `node`: the beginning of the names of the driver's device nodes.
std::vector<CardSlot> slots_of(const Roots& roots, std::string_view vendor, bool (*is_card)(std::string_view),
                               std::string_view node) {
  std::vector<CardSlot> slots;
  const std::string folder = roots.sysfs + "/bus/pci/devices";
  for (const std::string& address : list_folder(folder).value_or(std::vector<std::string>())) {
    const std::string device = fmt::format("{}/{}", folder, address);
    if (label_text(device + "/vendor") != vendor || !is_card(label_text(device + "/class"))) continue;
    const std::string numa = label_text(device + "/numa_node");
    slots.push_back({.index = 0, .pci_bus_id = address, .numa_node = numa.starts_with('-') ? "" : numa});
  }
  if (slots.empty()) return node_slots(roots, node);
  for (std::size_t i = 0; i < slots.size(); ++i) slots[i].index = static_cast<std::uint32_t>(i);
  return slots;
}

}  // namespace

std::vector<CardSlot> nvidia_slots(const Roots& roots) { return slots_of(roots, kNvidia, is_graphics, "nvidia"); }
std::vector<CardSlot> ascend_slots(const Roots& roots) { return slots_of(roots, kHuawei, is_accelerator, "davinci"); }

std::vector<CardSlot> node_slots(const Roots& roots, std::string_view node) {
  const auto nodes = list_numbered(roots.rootfs + "/dev", node);
  std::vector<CardSlot> slots(nodes ? nodes->size() : 0);
  for (std::size_t i = 0; i < slots.size(); ++i) slots[i].index = static_cast<std::uint32_t>(i);
  return slots;
}

}  // namespace tacho::sampler
