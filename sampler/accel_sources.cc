#include "sampler/accel_sources.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <utility>

#include "sampler/accel/accel_source.h"
#include "sampler/accel/amd/source.h"
#include "sampler/accel/ascend/dcmi_paths.h"
#include "sampler/accel/ascend/source.h"
#include "sampler/accel/nvidia/nvml_paths.h"
#include "sampler/accel/nvidia/source.h"
#include "sampler/accel/pci_cards.h"
#include "sampler/isolation/isolate.h"

namespace tacho::sampler {
namespace {

constexpr std::string_view kNames[] = {"accel",          "accel_children",   "nvidia",  "nvidia_slow", "ascend", "ascend_slow",
                                       "ascend_network", "ascend_bandwidth", "amd",     "amd_slow",    "hygon",  "hygon_slow",
                                       "iluvatar",       "iluvatar_slow",    "enflame", "enflame_slow"};

struct Found {
  std::vector<DeviceSources> devices;           // behind vendors' libraries
  std::vector<std::unique_ptr<Source>> others;  // they read files of the kernel's, which crash nobody
  std::vector<AccelFleet> fleets;
};

// Each vendor's adds its sources and its fleet, if the node shows any of its cards.
void add_nvml(const NvmlVendor& vendor, Found& found) {
  const nvml::Flavour& flavour = vendor.session->flavour();
  AccelFleet fleet{.vendor = std::string(flavour.vendor), .states = {}};
  for (const CardSlot& slot : vendor.slots) {
    fleet.states.push_back(std::make_shared<AccelState>());
    DeviceSources device{.name = fmt::format("{}{}", flavour.vendor, slot.index), .state = fleet.states.back(), .sources = {}};
    device.sources.push_back(
        std::make_unique<NvidiaSource>(nvidia_fast(flavour), NvidiaCard(vendor.session, slot), fleet.states.back()));
    device.sources.push_back(std::make_unique<NvidiaSource>(nvidia_slow(flavour), NvidiaCard(vendor.session, slot), nullptr));
    found.devices.push_back(std::move(device));
  }
  found.fleets.push_back(std::move(fleet));
}

// AMD's, and Hygon's, whose drivers are made of AMD's.
void add_amd(const Roots& roots, Found& found) {
  for (const AmdSlot& slot : amd_slots(roots)) {
    auto& fleets = found.fleets;
    auto fleet = std::find_if(fleets.begin(), fleets.end(), [&](const AccelFleet& f) { return f.vendor == slot.vendor; });
    if (fleet == fleets.end()) fleet = fleets.insert(fleets.end(), {.vendor = slot.vendor, .states = {}});
    fleet->states.push_back(std::make_shared<AccelState>());
    found.others.push_back(std::make_unique<AmdSource>(amd_fast(), AmdCard(roots, slot), fleet->states.back()));
    found.others.push_back(std::make_unique<AmdSource>(amd_slow(), AmdCard(roots, slot), nullptr));
  }
}

void add_ascend(const Roots& roots, const AccelOptions& options, Found& found) {
  const std::vector<CardSlot> slots = ascend_slots(roots);
  if (slots.empty()) return;
  const auto session = std::make_shared<dcmi::Session>(dcmi::library_paths(roots.rootfs, options.dcmi_library));
  AccelFleet fleet{.vendor = "huawei", .states = {}};
  for (const CardSlot& slot : slots) {
    fleet.states.push_back(std::make_shared<AccelState>());
    DeviceSources device{.name = fmt::format("ascend{}", slot.index), .state = fleet.states.back(), .sources = {}};
    const auto add = [&](AscendSource::Kind kind, std::shared_ptr<AccelState> state,
                         std::int64_t patience = AscendCard::kPatience) {
      device.sources.push_back(
          std::make_unique<AscendSource>(std::move(kind), AscendCard(session, slot, system_clock(), patience), std::move(state)));
    };
    add(ascend_fast(), fleet.states.back());
    add(ascend_slow(roots.sysfs), nullptr);
    add(ascend_network(), nullptr, kNetworkPatience);
    add(ascend_bandwidth(), nullptr);
    found.devices.push_back(std::move(device));
  }
  found.fleets.push_back(std::move(fleet));
}

Found find(const Roots& roots, const AccelOptions& options) {
  Found found;
  for (const NvmlVendor& vendor : nvml_vendors(roots, options)) add_nvml(vendor, found);
  add_ascend(roots, options, found);
  add_amd(roots, found);
  if (!found.fleets.empty()) found.others.push_back(std::make_unique<AccelSource>(std::move(found.fleets)));
  return found;
}

void append(std::vector<std::unique_ptr<Source>>& sources, std::vector<std::unique_ptr<Source>> more) {
  std::move(more.begin(), more.end(), std::back_inserter(sources));
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

}  // namespace

AccelOptions AccelOptions::from_environment() {
  return {.nvml_library = environment("TACHO_NVML_LIBRARY"),
          .ixml_library = environment("TACHO_IXML_LIBRARY"),
          .efml_library = environment("TACHO_EFML_LIBRARY"),
          .dcmi_library = environment("TACHO_DCMI_LIBRARY")};
}

std::span<const std::string_view> accel_source_names() { return kNames; }

std::vector<NvmlVendor> nvml_vendors(const Roots& roots, const AccelOptions& options) {
  std::vector<NvmlVendor> vendors;
  const auto add = [&](const nvml::Flavour& flavour, const std::string& told, std::vector<CardSlot> slots) {
    if (slots.empty()) return;
    vendors.push_back(
        {std::make_shared<nvml::Session>(nvml::library_paths(roots.rootfs, told, flavour), flavour), std::move(slots)});
  };
  add(nvml::nvidia(), options.nvml_library, nvidia_slots(roots));
  add(nvml::iluvatar(), options.ixml_library, node_slots(roots, nvml::iluvatar().node));
  add(nvml::enflame(), options.efml_library, node_slots(roots, nvml::enflame().node));
  return vendors;
}

std::vector<std::unique_ptr<Source>> make_accel_sources(const Roots& roots, const AccelOptions& options) {
  Found found = find(roots, options);
  std::vector<std::unique_ptr<Source>> sources;
  for (DeviceSources& device : found.devices) append(sources, std::move(device.sources));
  append(sources, std::move(found.others));
  return sources;
}

Result<std::vector<std::unique_ptr<Source>>> make_isolated_accel_sources(const Roots& roots, const AccelOptions& options) {
  Found found = find(roots, options);
  std::vector<std::unique_ptr<Source>> sources;
  if (auto ok = isolate(std::move(found.devices), sources); !ok) return std::unexpected(ok.error());
  append(sources, std::move(found.others));
  return sources;
}

}  // namespace tacho::sampler
