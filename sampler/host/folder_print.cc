#include "sampler/host/folder_print.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>

#include "proto/base/file.h"

namespace tacho::sampler {

std::uint64_t folder_print(const std::string& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return 0;
  std::uint64_t print = 1;
  alignas(dirent64) std::array<char, 8192> buffer;
  while (true) {
    const long bytes = ::syscall(SYS_getdents64, fd.get(), buffer.data(), buffer.size());
    if (bytes <= 0) return print;
    for (long at = 0; at < bytes;) {
      const auto* entry = reinterpret_cast<const dirent64*>(buffer.data() + at);
      std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
      for (const char* c = entry->d_name; *c; ++c) hash = (hash ^ static_cast<unsigned char>(*c)) * 0x100000001b3;
      if (entry->d_name[0] != '.') print += hash;
      at += entry->d_reclen;
    }
  }
}

}  // namespace tacho::sampler
