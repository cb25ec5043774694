// A clock that a test moves by hand.
#pragma once

#include "proto/base/clock.h"

namespace tacho::test {

class FakeClock final : public Clock {
 public:
  std::int64_t wall_ns() const override { return wall_; }
  MonoNs mono() const override { return MonoNs{mono_}; }
  void sleep_until(MonoNs when) const override {
    if (when - mono() > 0) pass(when - mono());
  }
  void pass(std::int64_t ns) const { wall_ += ns, mono_ += ns; }
  void step(std::int64_t ns) const { wall_ += ns; }

 private:
  mutable std::int64_t wall_ = 1'700'000'000 * kNsPerSecond;
  mutable std::int64_t mono_ = 1000 * kNsPerSecond;
};

}  // namespace tacho::test
