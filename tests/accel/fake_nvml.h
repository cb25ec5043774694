// The fake of NVIDIA's library (fake_nvml.cc) in a test's hands.
#pragma once

#include "fake_library.h"

namespace tacho::sampler {

class FakeNvml : public FakeLibrary {
 public:
  explicit FakeNvml(const std::string& library = FAKE_NVML) : FakeLibrary(library, "fake_nvml") {}
  void play(const std::string& recording) const { FakeLibrary::play("recordings/" + recording); }
};

}  // namespace tacho::sampler
