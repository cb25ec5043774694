// What lies in a folder: its names as a list, one by one, or as a number that tells whether they are still the same.
//
// Names    those that begin with a dot are left out.
// Cost     for_each_name(), folder_print(): a getdents64 for every hundred or so names, into the stack, no allocation (readdir(3)
//          allocates): for every tick. The lists are for describe().
// Threads  any.
#pragma once

#include <dirent.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "proto/base/error.h"
#include "proto/base/file.h"

namespace tacho::sampler {

// Calls each(name, type) for what is in the folder, in the system's order and without names that begin with a dot; type as in
// dirent(3). 0, or an errno.
template <typename Each>
int for_each_name(const Fd& folder, Each&& each) {
  alignas(dirent64) std::array<char, 8192> entries;
  while (true) {
    const ssize_t length = ::getdents64(folder.get(), entries.data(), entries.size());
    if (length <= 0) return length == 0 ? 0 : errno;
    for (ssize_t at = 0; at < length;) {
      const auto* entry = reinterpret_cast<const dirent64*>(entries.data() + at);
      at += entry->d_reclen;
      if (entry->d_name[0] != '.') each(std::string_view(entry->d_name), entry->d_type);
    }
  }
}

// A number for the names in a folder, the same in whatever order the kernel lists them. 0 when it cannot be opened; what was read
// before an error counts.
std::uint64_t folder_print(const std::string& path);

// The names, sorted.
Result<std::vector<std::string>> list_folder(const std::string& path);
// The same, and only names that are `prefix` and digits; these in the order of their numbers.
Result<std::vector<std::string>> list_numbered(const std::string& path, std::string_view prefix);

}  // namespace tacho::sampler
