#include "sampler/host/folder_print.h"

#include <fcntl.h>

#include "sampler/folder_scan.h"

namespace tacho::sampler {

std::uint64_t folder_print(const std::string& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return 0;
  std::uint64_t print = 1;
  for_each_name(fd, [&](std::string_view name, unsigned char) {
    std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
    for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    print += hash;
  });
  return print;
}

}  // namespace tacho::sampler
