// The names in a folder without allocating, which readdir(3) does: for what is listed at every tick.
#pragma once

#include <dirent.h>

#include <array>
#include <cerrno>
#include <string_view>

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

}  // namespace tacho::sampler
