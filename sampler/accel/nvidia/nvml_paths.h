// Where libnvidia-ml.so.1 can be, and the libraries that are made after it.
#pragma once

#include <string>
#include <vector>

#include "sampler/accel/nvidia/nvml_flavour.h"

namespace tacho::sampler::nvml {

// In the order in which they are to be tried: `told` alone if it is not empty; else where the loader looks, then where drivers are
// installed, below `rootfs`. Iluvatar's is not looked for where the loader looks: a library of that name there is libupnp's.
std::vector<std::string> library_paths(const std::string& rootfs, const std::string& told, const Flavour& flavour = nvidia());

}  // namespace tacho::sampler::nvml
