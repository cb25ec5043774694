#include "sampler/accel/nvml_paths.h"

#include <string_view>

namespace tacho::sampler::nvml {
namespace {

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

}  // namespace

std::vector<std::string> library_paths(const std::string& rootfs, const std::string& told) {
  if (!told.empty()) return {told};
  const std::string file = "libnvidia-ml.so.1";
  std::vector<std::string> paths{file};
  for (const std::string_view folder : kFolders) paths.push_back(rootfs + std::string(folder) + "/" + file);
  return paths;
}

}  // namespace tacho::sampler::nvml
