#include "sampler/accel_sources.h"

#include <cstdlib>
#include <iterator>
#include <utility>

#include "sampler/accel/accel_source.h"
#include "sampler/accel/nvidia_source.h"
#include "sampler/accel/nvml_paths.h"
#include "sampler/accel/pci_cards.h"
#include "sampler/isolation/isolate.h"

namespace tacho::sampler {
namespace {

constexpr std::string_view kNames[] = {"accel", "accel_children", "nvidia", "nvidia_slow"};

struct Found {
  std::vector<DeviceSources> devices;
  std::vector<std::unique_ptr<Source>> others;  // they never block
};

Found find(const Roots& roots, const AccelOptions& options) {
  Found found;
  const std::vector<CardSlot> slots = nvidia_slots(roots);
  if (slots.empty()) return found;
  const auto session = std::make_shared<nvml::Session>(nvml::library_paths(roots.rootfs, options.nvml_library));
  std::vector<std::shared_ptr<AccelState>> states;
  for (const CardSlot& slot : slots) {
    states.push_back(std::make_shared<AccelState>());
    DeviceSources device{.name = fmt::format("nvidia{}", slot.index), .state = states.back(), .sources = {}};
    device.sources.push_back(std::make_unique<NvidiaSource>(nvidia_fast(), NvidiaCard(session, slot), states.back()));
    device.sources.push_back(std::make_unique<NvidiaSource>(nvidia_slow(), NvidiaCard(session, slot), nullptr));
    found.devices.push_back(std::move(device));
  }
  found.others.push_back(std::make_unique<AccelSource>("nvidia", std::move(states)));
  return found;
}

void append(std::vector<std::unique_ptr<Source>>& sources, std::vector<std::unique_ptr<Source>> more) {
  std::move(more.begin(), more.end(), std::back_inserter(sources));
}

}  // namespace

AccelOptions AccelOptions::from_environment() {
  const char* nvml = std::getenv("TACHO_NVML_LIBRARY");
  return {.nvml_library = nvml ? nvml : ""};
}

std::span<const std::string_view> accel_source_names() { return kNames; }

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
