// The fake library (fake_nvml.cc) in a test's hands.
#pragma once

#include <dlfcn.h>

#include <catch2/catch.hpp>
#include <string>

#include "proto/base/file.h"

namespace tacho::sampler {

class FakeNvml {
 public:
  explicit FakeNvml(const std::string& library = FAKE_NVML) : path_(library) {
    void* handle = ::dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
    REQUIRE(handle != nullptr);
    do_ = reinterpret_cast<void (*)(const char*)>(::dlsym(handle, "fake_nvml_do"));
    inits_ = reinterpret_cast<int (*)()>(::dlsym(handle, "fake_nvml_inits"));
    tell("CLEAR");
  }
  ~FakeNvml() { tell("RELEASE\nCLEAR"); }
  FakeNvml(const FakeNvml&) = delete;

  void tell(const std::string& lines) const { do_(lines.c_str()); }
  void play(const std::string& recording) const {
    tell(read_file(TACHO_SOURCE_DIR "/tests/accel/recordings/" + recording).value());
  }
  int inits() const { return inits_(); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  void (*do_)(const char*) = nullptr;
  int (*inits_)() = nullptr;
};

}  // namespace tacho::sampler
