#include "sampler/accel/nvidia_card.h"

#include <array>

namespace tacho::sampler {
namespace {

using nvml::Code;

// What a label can hold of the library's text: printable ASCII, without the blanks around it.
std::string clean(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c >= ' ' && c <= '~') out += c;
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  out.erase(0, std::min(out.size(), out.find_first_not_of(' ')));
  return out;
}

}  // namespace

std::string NvidiaCard::text(TextCall function) { return text_of(device_, function); }

std::string NvidiaCard::text_of(nvml::Device device, TextCall function) {
  std::array<char, 128> text{};
  if (call_of(device, function, text.data(), static_cast<nvml::U32>(text.size() - 1)) != Code::success) return "";
  return clean(text.data());
}

std::string pci_address(const nvml::PciInfo& pci) {
  return fmt::format("{:04x}:{:02x}:{:02x}.0", pci.domain, pci.bus, pci.device);
}

std::string NvidiaCard::name() const {
  return slot_.pci_bus_id.empty() ? fmt::format("NVIDIA card {}", slot_.index) : "NVIDIA card " + slot_.pci_bus_id;
}

Result<void> NvidiaCard::bind() {
  if (bound()) return {};
  if (clock_.mono() < retry_at_) return std::unexpected(why_);
  auto found = find();
  if (!found) {
    device_ = nullptr;
    // The scheduler asks rarely enough for what has never been there, but every second for what was.
    retry_at_ = clock_.mono() + kRetryAfter;
    why_ = found.error();
  }
  return found;
}

Result<void> NvidiaCard::find() {
  auto functions = session_->ready();
  if (!functions) return std::unexpected(functions.error());
  functions_ = *functions;
  const nvml::Functions& f = *functions_;
  Code code = Code::function_not_found;
  if (slot_.pci_bus_id.empty()) {
    code = nvml::marked(f, f.device_by_index, slot_.index, &device_);
  } else if (f.device_by_bus_id) {
    code = nvml::marked(f, f.device_by_bus_id, slot_.pci_bus_id.c_str(), &device_);
  }
  if (code == Code::not_found || code == Code::invalid_argument)
    return failure("{} is not among the library's: it is not given to this container, or has another driver", name());
  if (code != Code::success) return failure("{} cannot be reached: {}", name(), code);
  begin_row();
  const auto pci = ask<nvml::PciInfo>(f.pci_info);
  const std::string uuid = text(f.uuid);
  const std::string model = text(f.name);
  if (lost_ != Code::success) return std::unexpected(trouble());
  labels_ = {{"vendor", "nvidia"},
             {"accel", fmt::format("{}", slot_.index)},
             {"uuid", uuid},
             {"pci_bus_id", pci ? pci_address(*pci) : slot_.pci_bus_id},
             {"model", model}};
  ++binding_;
  return {};
}

std::vector<Label> NvidiaCard::labels_and(std::vector<Label> more) const {
  more.insert(more.end(), labels_.begin(), labels_.end());
  return more;
}

void NvidiaCard::begin_row() {
  lost_ = Code::success;
  slow_ = false;
  begun_ = clock_.mono();
}

void NvidiaCard::heed(Code code) {
  if (nvml::is_lost(code)) lost_ = code;
  if (clock_.mono() - begun_ > kPatience && lost_ == Code::success) {
    slow_ = true;
    lost_ = Code::timeout;
  }
}

Error NvidiaCard::trouble() const {
  if (slow_) return {fmt::format("{} answers no call in time; it is asked again in {} s", name(), kRetryAfter / kNsPerSecond)};
  return {fmt::format("{} gives nothing: {}; it is asked again in {} s", name(), lost_, kRetryAfter / kNsPerSecond)};
}

void NvidiaCard::forget() {
  why_ = trouble();
  device_ = nullptr;
  retry_at_ = clock_.mono() + kRetryAfter;
}

}  // namespace tacho::sampler
