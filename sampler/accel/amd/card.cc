#include "sampler/accel/amd/card.h"

#include <fmt/format.h>

#include <array>

#include "sampler/folders.h"
#include "sampler/short_text.h"
#include "sampler/text_scan.h"

namespace tacho::sampler {
namespace {

constexpr std::string_view kAmd = "0x1002";

struct Driver {
  std::string_view name;
  std::string_view vendor;
};
constexpr Driver kDrivers[] = {{"amdgpu", "amd"}, {"hycu", "hygon"}, {"hydcu", "hygon"}};

// What a device's uevent says behind a name and '='; "" when it does not.
std::string_view uevent_value(std::string_view text, std::string_view name) {
  for (Lines lines(text); lines.next();) {
    const std::string_view line = lines.line();
    if (line.starts_with(name) && line.substr(name.size()).starts_with('=')) return line.substr(name.size() + 1);
  }
  return "";
}

std::string_view vendor_of(std::string_view driver) {
  for (const Driver& known : kDrivers) {
    if (known.name == driver) return known.vendor;
  }
  return "";
}

// 0x1200 is what MI300 is, 0x0380 older Instincts: a display controller without a display's connector. Others may be a server's
// own little VGA controller, for which no driver of ours will come.
bool is_accelerator(std::string_view pci_class) { return pci_class.starts_with("0x1200") || pci_class.starts_with("0x0380"); }

}  // namespace

std::vector<AmdSlot> amd_slots(const Roots& roots) {
  std::vector<AmdSlot> slots;
  std::uint32_t amd = 0;
  std::uint32_t hygon = 0;
  const std::string folder = roots.sysfs + "/bus/pci/devices";
  for (const std::string& address : list_folder(folder).value_or(std::vector<std::string>())) {
    const std::string device = fmt::format("{}/{}", folder, address);
    const std::string uevent = read_file(device + "/uevent").value_or("");
    const std::string_view driver = uevent_value(uevent, "DRIVER");
    std::string_view vendor = vendor_of(driver);
    if (driver.empty() && label_text(device + "/vendor") == kAmd && is_accelerator(label_text(device + "/class"))) vendor = "amd";
    if (vendor.empty()) continue;
    const std::string node = label_text(device + "/numa_node");
    slots.push_back({.slot = {.index = vendor == "amd" ? amd++ : hygon++,
                              .pci_bus_id = address,
                              .numa_node = node.starts_with('-') ? "" : node},
                     .vendor = std::string(vendor)});
  }
  return slots;
}

AmdCard::AmdCard(const Roots& roots, AmdSlot slot)
    : slot_(std::move(slot)),
      sysfs_(roots.sysfs),
      folder_(fmt::format("{}/bus/pci/devices/{}/", roots.sysfs, slot_.slot.pci_bus_id)),
      uevent_(folder_ + "uevent"),
      runtime_status_(folder_ + "power/runtime_status") {}

AmdCard::State AmdCard::look() {
  std::array<char, 1024> buffer;
  std::string_view text;
  if (uevent_.read_short(buffer, text) != 0 || vendor_of(uevent_value(text, "DRIVER")) != slot_.vendor) return State::gone;
  // Kernels without power management have no such file.
  if (runtime_status_.read_short(buffer, text) != 0) return State::awake;
  text = trimmed(text);
  return text == "suspended" || text == "suspending" || text == "resuming" ? State::asleep : State::awake;
}

void AmdCard::identify() {
  const std::string uevent = read_file(folder_ + "uevent").value_or("");
  driver_ = uevent_value(uevent, "DRIVER");
  const auto monitors = list_numbered(folder_ + "hwmon", "hwmon");
  hwmon_ = monitors && !monitors->empty() ? fmt::format("{}hwmon/{}/", folder_, monitors->front()) : "";
  std::string model = label_text(folder_ + "product_name");
  // The driver has no name for most cards that are no accelerators.
  if (model.empty()) model = fmt::format("PCI {}", uevent_value(uevent, "PCI_ID"));
  labels_ = {{"vendor", slot_.vendor},
             {"accel", fmt::format("{}", slot_.slot.index)},
             {"uuid", label_text(folder_ + "unique_id")},
             {"pci_bus_id", slot_.slot.pci_bus_id},
             {"model", model}};
}

std::string AmdCard::name() const {
  return fmt::format("{} card {}", slot_.vendor == "amd" ? "AMD" : "Hygon", slot_.slot.pci_bus_id);
}

std::vector<Label> AmdCard::labels_and(std::vector<Label> more) const {
  more.insert(more.end(), labels_.begin(), labels_.end());
  return more;
}

}  // namespace tacho::sampler
