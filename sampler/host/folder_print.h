// What tells that a folder has other names in it than before, without a list of them.
//
// Cost     an open and a getdents64 for every hundred or so names, into the stack; no allocation.
// Threads  any.
#pragma once

#include <cstdint>
#include <string>

namespace tacho::sampler {

// A number for the names in a folder that do not begin with a dot, the same in whatever order the kernel lists them. 0 when it
// cannot be opened; what was read before an error counts.
std::uint64_t folder_print(const std::string& path);

}  // namespace tacho::sampler
