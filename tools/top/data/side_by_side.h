// Work on things that do not touch each other, by several threads.
//
// Threads  the caller's is one of them; it returns when all is done.
// Cost     some 50 us for each further thread: for work of milliseconds.
// Errors   none: what `work` says goes where it puts it; it must not throw.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

namespace tacho::tools {

// Calls work(i) for each i below count, once.
template <typename Work>
void side_by_side(std::size_t count, std::size_t threads, const Work& work) {
  std::atomic<std::size_t> next{0};  // relaxed: each number is taken by one thread; joining orders what was done
  const auto run = [&] {
    for (std::size_t i; (i = next.fetch_add(1, std::memory_order_relaxed)) < count;) work(i);
  };
  std::vector<std::jthread> others;
  for (std::size_t i = 1; i < std::min(threads, count); ++i) others.emplace_back(run);
  run();
}

}  // namespace tacho::tools
