#include "sampler/accel/nvidia/nvml_flavour.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

namespace tacho::sampler::nvml {
namespace {

constexpr std::string_view kPrefix = "nvml";

constexpr std::string_view kIluvatar[] = {
    "Init_v2",
    "Shutdown",
    "DeviceGetCount_v2",
    "DeviceGetHandleByIndex_v2",
    "DeviceGetPciInfo_v3",
    "DeviceGetUUID",
    "DeviceGetName",
    "DeviceGetUtilizationRates",
    "DeviceGetMemoryInfo",
    "DeviceGetMemoryInfo_v2",
    "DeviceGetClockInfo",
    "DeviceGetTemperature",
    "DeviceGetPowerUsage",
    "DeviceGetEncoderUtilization",
    "DeviceGetDecoderUtilization",
    "DeviceGetComputeRunningProcesses",
    "DeviceGetPcieThroughput",
};
constexpr std::string_view kEnflame[] = {
    "Init_v2",
    "Shutdown",
    "DeviceGetCount_v2",
    "DeviceGetHandleByIndex_v2",
    "DeviceGetPciInfo_v3",
    "DeviceGetName",
    "DeviceGetUtilizationRates",
    "DeviceGetMemoryInfo",
    "DeviceGetClockInfo",
    "DeviceGetMaxClockInfo",
    "DeviceGetTemperature",
    "DeviceGetTemperatureThreshold",
    "DeviceGetPowerUsage",
    "DeviceGetEnforcedPowerLimit",
    "DeviceGetEncoderUtilization",
    "DeviceGetDecoderUtilization",
    "DeviceGetCurrPcieLinkGeneration",
    "DeviceGetCurrPcieLinkWidth",
    "DeviceGetMaxPcieLinkGeneration",
    "DeviceGetMaxPcieLinkWidth",
    "DeviceGetPcieThroughput",
    "DeviceGetComputeRunningProcesses",
    "DeviceGetComputeRunningProcesses_v2",
    "DeviceGetComputeRunningProcesses_v3",
};

constexpr Flavour kNvidiaFlavour{.vendor = "nvidia",
                                 .title = "NVIDIA",
                                 .slow_name = "nvidia_slow",
                                 .prefix = kPrefix,
                                 .functions = {},
                                 .address_as_text = false,
                                 .node = "nvidia"};
constexpr Flavour kIluvatarFlavour{.vendor = "iluvatar",
                                   .title = "Iluvatar",
                                   .slow_name = "iluvatar_slow",
                                   .prefix = kPrefix,
                                   .functions = kIluvatar,
                                   .address_as_text = false,
                                   .node = "iluvatar"};
constexpr Flavour kEnflameFlavour{.vendor = "enflame",
                                  .title = "Enflame",
                                  .slow_name = "enflame_slow",
                                  .prefix = "efml",
                                  .functions = kEnflame,
                                  .address_as_text = true,
                                  .node = "gcu"};

struct Field {
  std::size_t digits_min, digits_max;
  char end;  // behind it; 0: anything
};
constexpr Field kAddress[] = {{4, 8, ':'}, {2, 2, ':'}, {2, 2, '.'}, {1, 1, 0}};

// The address that begins a text; "" when none does.
std::string address_at(std::string_view text) {
  std::array<std::uint32_t, 4> values{};
  for (std::size_t i = 0; i < std::size(kAddress); ++i) {
    const Field& field = kAddress[i];
    const auto [end, error] = std::from_chars(text.data(), text.data() + std::min(text.size(), field.digits_max), values[i], 16);
    const auto digits = static_cast<std::size_t>(end - text.data());
    if (error != std::errc{} || digits < field.digits_min) return "";
    text.remove_prefix(digits);
    if (field.end == 0) continue;
    if (!text.starts_with(field.end)) return "";
    text.remove_prefix(1);
  }
  return fmt::format("{:04x}:{:02x}:{:02x}.{:x}", values[0], values[1], values[2], values[3]);
}

}  // namespace

const Flavour& nvidia() { return kNvidiaFlavour; }
const Flavour& iluvatar() { return kIluvatarFlavour; }
const Flavour& enflame() { return kEnflameFlavour; }

bool has_function(const Flavour& flavour, std::string_view nvml_name) {
  const std::string_view name = nvml_name.substr(kPrefix.size());
  return flavour.functions.empty() || std::ranges::find(flavour.functions, name) != flavour.functions.end();
}

std::string function_name(const Flavour& flavour, std::string_view nvml_name) {
  return fmt::format("{}{}", flavour.prefix, nvml_name.substr(kPrefix.size()));
}

std::string find_pci_address(std::span<const char> bytes) {
  const std::string_view text(bytes.data(), bytes.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (std::string found = address_at(text.substr(at)); !found.empty()) return found;
  }
  return "";
}

}  // namespace tacho::sampler::nvml
