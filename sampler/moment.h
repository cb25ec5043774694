// Both kinds of time at one instant.
//
// Why      a thread that is held up between a look at the one clock and a look at the other would take that for a step of the wall clock.
// Cost     three looks, some 100 ns; more only after having been held up.
#pragma once

#include <cstdint>

#include "proto/base/clock.h"

namespace tacho::sampler {

struct Moment {
  std::int64_t wall_ns = 0;
  MonoNs mono{};

  static Moment now(const Clock& clock) {
    constexpr int kLooksMax = 5;
    Moment out;
    for (int i = 0; i < kLooksMax; ++i) {
      out.mono = clock.mono();
      out.wall_ns = clock.wall_ns();
      if (clock.mono() - out.mono < kNsPerMs) break;
    }
    return out;
  }
};

}  // namespace tacho::sampler
