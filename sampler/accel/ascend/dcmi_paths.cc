#include "sampler/accel/ascend/dcmi_paths.h"

#include <fmt/format.h>

#include <string_view>

namespace tacho::sampler::dcmi {
namespace {

constexpr std::string_view kFile = "libdcmi.so";
constexpr std::string_view kInstalled = "/usr/local/dcmi";
constexpr std::string_view kDriver = "/usr/local/Ascend/driver/lib64";
constexpr std::string_view kInDriver[] = {"/driver", "/common", "/add-ons", ""};

}  // namespace

std::vector<std::string> library_paths(const std::string& rootfs, const std::string& told) {
  if (!told.empty()) return {told};
  std::vector<std::string> paths{fmt::format("{}{}/{}", rootfs, kInstalled, kFile), std::string(kFile)};
  for (const std::string_view folder : kInDriver) paths.push_back(fmt::format("{}{}{}/{}", rootfs, kDriver, folder, kFile));
  return paths;
}

}  // namespace tacho::sampler::dcmi
