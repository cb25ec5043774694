// A clock that a test moves by hand.
#pragma once

#include "proto/base/clock.h"

namespace tacho::test {

class FakeClock final : public Clock {
 public:
  std::int64_t wall_ns() const override {
    const std::int64_t seen = wall_;
    if (looks_ > 0 && --looks_ == 0) pass(held_up_ns_);
    return seen;
  }
  MonoNs mono() const override { return MonoNs{mono_}; }
  void sleep_until(MonoNs when) const override {
    if (when - mono() > 0) pass(when - mono());
  }
  void pass(std::int64_t ns) const { wall_ += ns, mono_ += ns; }
  void step(std::int64_t ns) const { wall_ += ns; }
  // Whoever looks at the wall clock for the so-manieth time from now is held up as soon as it has looked.
  void hold_up(int looks, std::int64_t ns) { looks_ = looks, held_up_ns_ = ns; }

 private:
  mutable int looks_ = 0;
  std::int64_t held_up_ns_ = 0;
  mutable std::int64_t wall_ = 1'700'000'000 * kNsPerSecond;
  mutable std::int64_t mono_ = 1000 * kNsPerSecond;
};

}  // namespace tacho::test
