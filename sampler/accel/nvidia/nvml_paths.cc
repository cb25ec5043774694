#include "sampler/accel/nvidia/nvml_paths.h"

#include <fmt/format.h>

#include <string_view>

namespace tacho::sampler::nvml {
namespace {

#if defined(__aarch64__)
constexpr std::string_view kArchitecture = "aarch64-linux-gnu";
#else
constexpr std::string_view kArchitecture = "x86_64-linux-gnu";
#endif

// Debian's folders have the architecture's name behind them. /run/nvidia/driver is the GPU operator's driver container.
constexpr std::string_view kDebian[] = {"/usr/lib", "/run/nvidia/driver/usr/lib"};
// Other distributions, containers, Kubernetes nodes of clouds, WSL.
constexpr std::string_view kOthers[] = {
    "/usr/lib64",
    "/usr/lib",
    "/run/nvidia/driver/usr/lib64",
    "/usr/local/nvidia/lib64",
    "/home/kubernetes/bin/nvidia/lib64",
    "/usr/lib/wsl/lib",
};

std::vector<std::string> nvidia_paths(const std::string& rootfs) {
  constexpr std::string_view kFile = "libnvidia-ml.so.1";
  std::vector<std::string> paths{std::string(kFile)};
  for (const std::string_view folder : kDebian) paths.push_back(fmt::format("{}{}/{}/{}", rootfs, folder, kArchitecture, kFile));
  for (const std::string_view folder : kOthers) paths.push_back(fmt::format("{}{}/{}", rootfs, folder, kFile));
  return paths;
}

// CoreX is where it is installed, or mounted into a container.
std::vector<std::string> iluvatar_paths(const std::string& rootfs) {
  std::vector<std::string> paths;
  for (const std::string& root : {std::string(), rootfs}) {
    for (const char* folder : {"lib64", "lib"}) paths.push_back(fmt::format("{}/usr/local/corex/{}/libixml.so", root, folder));
    if (rootfs.empty()) break;
  }
  return paths;
}

std::vector<std::string> enflame_paths(const std::string& rootfs) {
  std::vector<std::string> paths{"libefml.so", "libefml.so.1"};
  for (const char* file : {"libefml.so", "libefml.so.1"}) paths.push_back(fmt::format("{}/usr/lib/{}", rootfs, file));
  return paths;
}

}  // namespace

std::vector<std::string> library_paths(const std::string& rootfs, const std::string& told, const Flavour& flavour) {
  if (!told.empty()) return {told};
  if (&flavour == &iluvatar()) return iluvatar_paths(rootfs);
  if (&flavour == &enflame()) return enflame_paths(rootfs);
  return nvidia_paths(rootfs);
}

}  // namespace tacho::sampler::nvml
