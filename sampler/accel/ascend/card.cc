#include "sampler/accel/ascend/card.h"

#include <algorithm>

namespace tacho::sampler {

using dcmi::Code;

std::string pci_address(const dcmi::PcieInfo& pcie) {
  return fmt::format("{:04x}:{:02x}:{:02x}.{:x}", static_cast<std::uint32_t>(pcie.domain), pcie.bus, pcie.slot, pcie.function);
}

std::string uuid_of(const dcmi::DieId& die) {
  if (std::all_of(std::begin(die.words), std::end(die.words), [](dcmi::U32 w) { return w == 0; })) return "";
  return fmt::format("{:08X}-{:08X}-{:08X}-{:08X}-{:08X}", die.words[0], die.words[1], die.words[2], die.words[3], die.words[4]);
}

std::string AscendCard::name() const {
  return slot().pci_bus_id.empty() ? fmt::format("Ascend NPU {}", slot().index) : "Ascend NPU " + slot().pci_bus_id;
}

bool AscendCard::is_at_slot(dcmi::DeviceId device) {
  dcmi::PcieInfo pcie{};
  if (device.v2 || !functions_->pcie_info.v1 || !dcmi::is_npu(*functions_, device)) return false;
  if (const Code code = functions_->pcie_info.v1(device.card, device.device, &pcie); code != Code::success) {
    if (!is_unsupported(code)) untold_ = code;
    return false;
  }
  addresses_ = true;
  const std::string address = pci_address(pcie);
  session_->remember(address, device);
  return address == slot().pci_bus_id;
}

Result<void> AscendCard::locate() {
  addresses_ = false;
  untold_ = Code::success;
  pci_bus_id_ = slot().pci_bus_id;
  const bool by_address = !slot().pci_bus_id.empty();
  if (by_address) {
    // Its numbers may have changed with a reset.
    if (const auto known = session_->device_at(slot().pci_bus_id); known && is_at_slot(*known)) {
      device_ = *known;
      return {};
    }
  }
  const auto devices = dcmi::list_devices(*functions_);
  if (!devices) return failure("{} cannot be reached: the list of devices: {}", name(), devices.error());
  for (std::size_t i = 0; by_address && i < devices->size(); ++i) {
    device_ = (*devices)[(slot().index + i) % devices->size()];
    if (is_at_slot(device_)) return {};
  }
  if (untold_ != Code::success) return failure("{} cannot be found: a device does not tell its address: {}", name(), untold_);
  if (addresses_ || slot().index >= devices->size())
    return failure("{} is not among the library's {} devices: it is not given to this container, or has dropped off the bus",
                   name(), devices->size());
  device_ = (*devices)[slot().index];
  pci_bus_id_.clear();
  return {};
}

Result<void> AscendCard::find() {
  auto functions = session_->ready();
  if (!functions) return std::unexpected(functions.error());
  functions_ = *functions;
  if (auto located = locate(); !located) return located;
  begin_row();
  if (pci_bus_id_.empty()) {
    if (const auto pcie = ask<dcmi::PcieInfo>(functions_->pcie_info)) pci_bus_id_ = pci_address(*pcie);
  }
  const auto die = ask<dcmi::DieId>(functions_->die_id, dcmi::DieType::vdie);
  const auto chip = ask<dcmi::ChipInfo>(functions_->chip_info);
  if (lost() != Code::success) return std::unexpected(trouble());
  std::string model;
  if (chip) model = text_of(chip->npu_name);
  if (chip && model.empty()) model = clean_text(text_of(chip->type) + " " + text_of(chip->name));
  labels_ = {{"vendor", "huawei"},
             {"accel", fmt::format("{}", slot().index)},
             {"uuid", die ? uuid_of(*die) : ""},
             {"pci_bus_id", pci_bus_id_},
             {"model", model}};
  return {};
}

}  // namespace tacho::sampler
