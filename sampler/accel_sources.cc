#include "sampler/accel_sources.h"

#include <algorithm>
#include <cstdlib>

#include "sampler/accel/accel_source.h"
#include "sampler/accel/amd_source.h"
#include "sampler/accel/ascend_source.h"
#include "sampler/accel/dcmi_paths.h"
#include "sampler/accel/nvidia_source.h"
#include "sampler/accel/nvml_paths.h"
#include "sampler/accel/pci_cards.h"

namespace tacho::sampler {
namespace {

constexpr std::string_view kNames[] = {"accel",          "nvidia",           "nvidia_slow",   "ascend",   "ascend_slow",
                                       "ascend_network", "ascend_bandwidth", "amd",           "amd_slow", "hygon",
                                       "hygon_slow",     "iluvatar",         "iluvatar_slow", "enflame",  "enflame_slow"};

// Each vendor's adds its sources and its fleet, if the node shows any of its cards.
void add_nvml(const NvmlVendor& vendor, std::vector<std::unique_ptr<Source>>& sources, std::vector<AccelFleet>& fleets) {
  const nvml::Flavour& flavour = vendor.session->flavour();
  AccelFleet fleet{.vendor = std::string(flavour.vendor), .states = {}};
  for (const CardSlot& slot : vendor.slots) {
    fleet.states.push_back(std::make_shared<AccelState>());
    sources.push_back(
        std::make_unique<NvidiaSource>(nvidia_fast(flavour), NvidiaCard(vendor.session, slot), fleet.states.back()));
    sources.push_back(std::make_unique<NvidiaSource>(nvidia_slow(flavour), NvidiaCard(vendor.session, slot), nullptr));
  }
  fleets.push_back(std::move(fleet));
}

// AMD's, and Hygon's, whose drivers are made of AMD's.
void add_amd(const Roots& roots, std::vector<std::unique_ptr<Source>>& sources, std::vector<AccelFleet>& fleets) {
  for (const AmdSlot& slot : amd_slots(roots)) {
    auto fleet = std::find_if(fleets.begin(), fleets.end(), [&](const AccelFleet& f) { return f.vendor == slot.vendor; });
    if (fleet == fleets.end()) fleet = fleets.insert(fleets.end(), {.vendor = slot.vendor, .states = {}});
    fleet->states.push_back(std::make_shared<AccelState>());
    sources.push_back(std::make_unique<AmdSource>(amd_fast(), AmdCard(roots, slot), fleet->states.back()));
    sources.push_back(std::make_unique<AmdSource>(amd_slow(), AmdCard(roots, slot), nullptr));
  }
}

void add_ascend(const Roots& roots, const AccelOptions& options, std::vector<std::unique_ptr<Source>>& sources,
                std::vector<AccelFleet>& fleets) {
  const std::vector<CardSlot> slots = ascend_slots(roots);
  if (slots.empty()) return;
  const auto session = std::make_shared<dcmi::Session>(dcmi::library_paths(roots.rootfs, options.dcmi_library));
  AccelFleet fleet{.vendor = "huawei", .states = {}};
  for (const CardSlot& slot : slots) {
    const auto add = [&](AscendSource::Kind kind, std::shared_ptr<AccelState> state,
                         std::int64_t patience = AscendCard::kPatience) {
      sources.push_back(
          std::make_unique<AscendSource>(std::move(kind), AscendCard(session, slot, system_clock(), patience), std::move(state)));
    };
    fleet.states.push_back(std::make_shared<AccelState>());
    add(ascend_fast(), fleet.states.back());
    add(ascend_slow(roots.sysfs), nullptr);
    add(ascend_network(), nullptr, kNetworkPatience);
    add(ascend_bandwidth(), nullptr);
  }
  fleets.push_back(std::move(fleet));
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
  std::vector<std::unique_ptr<Source>> sources;
  std::vector<AccelFleet> fleets;
  for (const NvmlVendor& vendor : nvml_vendors(roots, options)) add_nvml(vendor, sources, fleets);
  add_ascend(roots, options, sources, fleets);
  add_amd(roots, sources, fleets);
  if (!fleets.empty()) sources.push_back(std::make_unique<AccelSource>(std::move(fleets)));
  return sources;
}

}  // namespace tacho::sampler
