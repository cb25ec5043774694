// CPUs as sysfs lists them: "0-3,7" in files, folders cpuN.
//
// Threads  any.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "proto/base/error.h"

namespace tacho::sampler {

// "2-5,7" and the like; a part that is no range lists nothing.
bool lists_cpu(std::string_view ranges, std::uint64_t number);

// The numbers of all folders cpuN in this one, lowest first. For describe().
Result<std::vector<std::uint64_t>> list_cpus(const std::string& folder);

}  // namespace tacho::sampler
