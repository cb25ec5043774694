// Where libdcmi.so can be.
#pragma once

#include <string>
#include <vector>

namespace tacho::sampler::dcmi {

// In the order in which they are to be tried: `told` alone if it is not empty; else where the driver puts it, then where the loader
// looks, then the driver's folders; those with a folder below `rootfs`.
std::vector<std::string> library_paths(const std::string& rootfs, const std::string& told);

}  // namespace tacho::sampler::dcmi
