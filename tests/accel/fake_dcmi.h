// The fake of Huawei's library (fake_dcmi.cc) in a test's hands.
#pragma once

#include "fake_library.h"

namespace tacho::sampler {

class FakeDcmi : public FakeLibrary {
 public:
  explicit FakeDcmi(const std::string& library = FAKE_DCMI) : FakeLibrary(library, "fake_dcmi") {}
};

}  // namespace tacho::sampler
