// A fake of a vendor's library (fake_script.h) in a test's hands.
#pragma once

#include <dlfcn.h>

#include <catch2/catch.hpp>
#include <string>

#include "proto/base/file.h"

namespace tacho::sampler {

class FakeLibrary {
 public:
  // `prefix`: of the functions by which it is told and asked, "fake_nvml".
  FakeLibrary(const std::string& library, const std::string& prefix) : path_(library) {
    void* handle = ::dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
    REQUIRE(handle != nullptr);
    do_ = reinterpret_cast<void (*)(const char*)>(::dlsym(handle, (prefix + "_do").c_str()));
    inits_ = reinterpret_cast<int (*)()>(::dlsym(handle, (prefix + "_inits").c_str()));
    tell("CLEAR");
  }
  ~FakeLibrary() { tell("RELEASE\nCLEAR"); }
  FakeLibrary(const FakeLibrary&) = delete;

  void tell(const std::string& lines) const { do_(lines.c_str()); }
  // A file below tests/accel/.
  void play(const std::string& file) const { tell(read_file(TACHO_SOURCE_DIR "/tests/accel/" + file).value()); }
  int inits() const { return inits_(); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  void (*do_)(const char*) = nullptr;
  int (*inits_)() = nullptr;
};

}  // namespace tacho::sampler
