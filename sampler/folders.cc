#include "sampler/folders.h"

#include <fcntl.h>

#include <algorithm>
#include <filesystem>

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

Result<std::vector<std::string>> list_folder(const std::string& path) {
  std::error_code error;
  std::vector<std::string> names;
  std::filesystem::directory_iterator it(path, error);
  for (; !error && it != std::filesystem::directory_iterator(); it.increment(error)) {
    std::string name = it->path().filename().string();
    if (!name.starts_with('.')) names.push_back(std::move(name));
  }
  if (error) return sys_failure(error.value(), "cannot list {}", path);
  std::sort(names.begin(), names.end());
  return names;
}

Result<std::vector<std::string>> list_numbered(const std::string& path, std::string_view prefix) {
  Result<std::vector<std::string>> names = list_folder(path);
  if (!names) return names;
  std::erase_if(*names, [&](const std::string& name) {
    return !name.starts_with(prefix) || name.size() == prefix.size() ||
           name.find_first_not_of("0123456789", prefix.size()) != std::string::npos;
  });
  std::stable_sort(names->begin(), names->end(), [](const auto& a, const auto& b) { return a.size() < b.size(); });
  return names;
}

}  // namespace tacho::sampler
