// How many live streams there are and may be, and what became of them: the agent's gauges read it.
//
// Threads  any.
#pragma once

#include <atomic>
#include <cstdint>

namespace tacho::query {

inline constexpr std::int64_t kStreamsMax = 16;  // open at once, where no configuration says otherwise

// Relaxed but for `open`: each number stands alone.
struct StreamAccount {
  // Acquire and release: a place that is given back is taken again. Never more than the limit that enter() was given.
  std::atomic<std::int64_t> open{0};
  std::atomic<std::uint64_t> skipped{0};  // steps that no piece was made for in time; their values came later
  std::atomic<std::uint64_t> dropped{0};  // streams whose client did not read
  std::atomic<std::uint64_t> refused{0};  // for the limit

  bool enter(std::int64_t most) {
    std::int64_t now = open.load(std::memory_order_relaxed);
    while (now < most) {
      if (open.compare_exchange_weak(now, now + 1, std::memory_order_acquire)) return true;
    }
    refused.fetch_add(1, std::memory_order_relaxed);
    return false;
  }
  void leave() { open.fetch_sub(1, std::memory_order_release); }
};

}  // namespace tacho::query
