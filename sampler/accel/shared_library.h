// A vendor's library, opened at run time.
//
// Errors   open(): none of the paths can be opened, or what was opened is another library; says what was wrong with the one that
//          was opened, else with the first path, which is where the library should be.
// Threads  any.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "proto/base/error.h"

namespace tacho::sampler {

class SharedLibrary {
 public:
  // The first of `paths` that can be opened in one of the `modes` of dlopen(3), and of which `lacks` finds nothing to say; a path
  // without a slash is looked for where the loader looks.
  static Result<SharedLibrary> open(std::span<const std::string> paths, std::span<const int> modes,
                                    const std::function<std::string(const SharedLibrary&)>& lacks);
  SharedLibrary(SharedLibrary&& other) noexcept;
  SharedLibrary& operator=(SharedLibrary&& other) noexcept;
  ~SharedLibrary();

  const std::string& path() const { return path_; }
  // Null where it has no such function.
  template <class F>
  F function(const char* symbol) const {
    return reinterpret_cast<F>(address(symbol));
  }
  // It stays open to the end of the process: for libraries that have threads of their own and no call that ends them.
  void keep() { handle_ = nullptr; }

 private:
  SharedLibrary(void* handle, std::string path) : handle_(handle), path_(std::move(path)) {}
  void* address(const char* symbol) const;

  void* handle_;
  std::string path_;
};

}  // namespace tacho::sampler
