#include "sampler/accel/nvidia_card.h"

#include <array>

namespace tacho::sampler {

using nvml::Code;

std::string NvidiaCard::text(TextCall function) { return text_of(device_, function); }

std::string NvidiaCard::text_of(nvml::Device device, TextCall function) {
  std::array<char, 128> text{};
  if (call_of(device, function, text.data(), static_cast<nvml::U32>(text.size() - 1)) != Code::success) return "";
  return clean_text(text.data());
}

std::string pci_address(const nvml::PciInfo& pci) {
  return fmt::format("{:04x}:{:02x}:{:02x}.0", pci.domain, pci.bus, pci.device);
}

std::string NvidiaCard::name() const {
  return slot().pci_bus_id.empty() ? fmt::format("NVIDIA card {}", slot().index) : "NVIDIA card " + slot().pci_bus_id;
}

Result<void> NvidiaCard::find() {
  auto functions = session_->ready();
  if (!functions) return std::unexpected(functions.error());
  functions_ = *functions;
  const nvml::Functions& f = *functions_;
  Code code = Code::function_not_found;
  if (slot().pci_bus_id.empty()) {
    code = f.device_by_index(slot().index, &device_);
  } else if (f.device_by_bus_id) {
    code = f.device_by_bus_id(slot().pci_bus_id.c_str(), &device_);
  }
  if (code == Code::not_found || code == Code::invalid_argument)
    return failure("{} is not among the library's: it is not given to this container, or has another driver", name());
  if (code != Code::success) return failure("{} cannot be reached: {}", name(), code);
  begin_row();
  const auto pci = ask<nvml::PciInfo>(f.pci_info);
  const std::string uuid = text(f.uuid);
  const std::string model = text(f.name);
  if (lost() != Code::success) return std::unexpected(trouble());
  labels_ = {{"vendor", "nvidia"},
             {"accel", fmt::format("{}", slot().index)},
             {"uuid", uuid},
             {"pci_bus_id", pci ? pci_address(*pci) : slot().pci_bus_id},
             {"model", model}};
  return {};
}

}  // namespace tacho::sampler
