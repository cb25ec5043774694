#include "sampler/accel_sources.h"

#include <cstdlib>

#include "sampler/accel/accel_source.h"
#include "sampler/accel/nvidia_source.h"
#include "sampler/accel/nvml_paths.h"
#include "sampler/accel/pci_cards.h"

namespace tacho::sampler {
namespace {

constexpr std::string_view kNames[] = {"accel", "nvidia", "nvidia_slow"};

}  // namespace

AccelOptions AccelOptions::from_environment() {
  const char* nvml = std::getenv("TACHO_NVML_LIBRARY");
  return {.nvml_library = nvml ? nvml : ""};
}

std::span<const std::string_view> accel_source_names() { return kNames; }

std::vector<std::unique_ptr<Source>> make_accel_sources(const Roots& roots, const AccelOptions& options) {
  std::vector<std::unique_ptr<Source>> sources;
  const std::vector<CardSlot> slots = nvidia_slots(roots);
  if (slots.empty()) return sources;
  const auto session = std::make_shared<nvml::Session>(nvml::library_paths(roots.rootfs, options.nvml_library));
  std::vector<std::shared_ptr<AccelState>> states;
  for (const CardSlot& slot : slots) {
    states.push_back(std::make_shared<AccelState>());
    sources.push_back(std::make_unique<NvidiaSource>(nvidia_fast(), NvidiaCard(session, slot), states.back()));
    sources.push_back(std::make_unique<NvidiaSource>(nvidia_slow(), NvidiaCard(session, slot), nullptr));
  }
  sources.push_back(std::make_unique<AccelSource>("nvidia", std::move(states)));
  return sources;
}

}  // namespace tacho::sampler
