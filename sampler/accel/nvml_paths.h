// Where libnvidia-ml.so.1 can be.
#pragma once

#include <string>
#include <vector>

namespace tacho::sampler::nvml {

// In the order in which they are to be tried: `told` alone if it is not empty; else where the loader looks, then where drivers are
// installed, below `rootfs`.
std::vector<std::string> library_paths(const std::string& rootfs, const std::string& told);

}  // namespace tacho::sampler::nvml
