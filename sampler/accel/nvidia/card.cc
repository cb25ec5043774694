#include "sampler/accel/nvidia/card.h"

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
  const std::string_view title = session_->flavour().title;
  return slot().pci_bus_id.empty() ? fmt::format("{} card {}", title, slot().index)
                                   : fmt::format("{} card {}", title, slot().pci_bus_id);
}

Code NvidiaCard::find_device() {
  const nvml::Functions& f = *functions_;
  if (slot().pci_bus_id.empty()) return nvml::marked(f, f.device_by_index, slot().index, &device_);
  if (!f.device_by_bus_id) return Code::function_not_found;
  return nvml::marked(f, f.device_by_bus_id, slot().pci_bus_id.c_str(), &device_);
}

// "": the library does not tell.
std::string NvidiaCard::read_address() {
  const nvml::Functions& f = *functions_;
  if (session_->flavour().address_as_text) {
    // Longer than any form of the struct that is about.
    alignas(nvml::PciInfo) std::array<char, 256> bytes{};
    if (call(f.pci_info, reinterpret_cast<nvml::PciInfo*>(bytes.data())) != Code::success) return "";
    return nvml::find_pci_address(bytes);
  }
  const auto pci = ask<nvml::PciInfo>(f.pci_info);
  return pci ? pci_address(*pci) : "";
}

Result<void> NvidiaCard::find() {
  auto functions = session_->ready();
  if (!functions) return std::unexpected(functions.error());
  functions_ = *functions;
  const nvml::Functions& f = *functions_;
  const Code code = find_device();
  if (code == Code::not_found || code == Code::invalid_argument)
    return failure("{} is not among the library's: it is not given to this container, or has another driver", name());
  if (code != Code::success) return failure("{} cannot be reached: {}", name(), code);
  begin_row();
  const std::string address = read_address();
  const std::string uuid = text(f.uuid);
  const std::string model = text(f.name);
  if (lost() != Code::success) return std::unexpected(trouble());
  labels_ = {{"vendor", std::string(session_->flavour().vendor)},
             {"accel", fmt::format("{}", slot().index)},
             {"uuid", uuid},
             {"pci_bus_id", address.empty() ? slot().pci_bus_id : address},
             {"model", model}};
  return {};
}

}  // namespace tacho::sampler
