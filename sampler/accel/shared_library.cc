#include "sampler/accel/shared_library.h"

#include <dlfcn.h>

#include <utility>

namespace tacho::sampler {

Result<SharedLibrary> SharedLibrary::open(std::span<const std::string> paths, std::span<const int> modes,
                                          const std::function<std::string(const SharedLibrary&)>& lacks) {
  std::string why;
  for (const std::string& path : paths) {
    void* handle = nullptr;
    for (std::size_t i = 0; i < modes.size() && !handle; ++i) handle = ::dlopen(path.c_str(), modes[i]);
    if (!handle) {
      const char* text = ::dlerror();
      // That the others are not there either is no news.
      if (why.empty()) why = text ? text : path + " cannot be opened";
      continue;
    }
    SharedLibrary library(handle, path);
    const std::string lack = lacks(library);
    if (lack.empty()) return library;
    why = path + " " + lack;
  }
  return failure("{}", why);
}

SharedLibrary::SharedLibrary(SharedLibrary&& other) noexcept
    : handle_(std::exchange(other.handle_, nullptr)), path_(std::move(other.path_)) {}

SharedLibrary& SharedLibrary::operator=(SharedLibrary&& other) noexcept {
  std::swap(handle_, other.handle_);
  std::swap(path_, other.path_);
  return *this;
}

SharedLibrary::~SharedLibrary() {
  if (handle_) ::dlclose(handle_);
}

void* SharedLibrary::address(const char* symbol) const { return ::dlsym(handle_, symbol); }

}  // namespace tacho::sampler
