#include "sampler/accel_sources.h"

#include <cstdlib>

#include "sampler/accel/accel_source.h"
#include "sampler/accel/nvidia_source.h"
#include "sampler/accel/pci_cards.h"

namespace tacho::sampler {
namespace {

constexpr std::string_view kNames[] = {"accel", "nvidia", "nvidia_slow"};

#if defined(__aarch64__)
#define TACHO_ARCH_FOLDER "aarch64-linux-gnu"
#else
#define TACHO_ARCH_FOLDER "x86_64-linux-gnu"
#endif

// Where distributions, the GPU operator's driver container, Kubernetes nodes of clouds and WSL have it.
constexpr std::string_view kFolders[] = {
    "/usr/lib/" TACHO_ARCH_FOLDER,
    "/usr/lib64",
    "/usr/lib",
    "/run/nvidia/driver/usr/lib/" TACHO_ARCH_FOLDER,
    "/run/nvidia/driver/usr/lib64",
    "/usr/local/nvidia/lib64",
    "/home/kubernetes/bin/nvidia/lib64",
    "/usr/lib/wsl/lib",
};

std::vector<std::string> nvml_paths(const Roots& roots, const AccelOptions& options) {
  if (!options.nvml_library.empty()) return {options.nvml_library};
  constexpr std::string_view kFile = "libnvidia-ml.so.1";
  std::vector<std::string> paths{std::string(kFile)};
  for (const std::string_view folder : kFolders) paths.push_back(fmt::format("{}{}/{}", roots.rootfs, folder, kFile));
  return paths;
}

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
  const auto session = std::make_shared<nvml::Session>(nvml_paths(roots, options));
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
