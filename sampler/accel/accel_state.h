// How an accelerator's source is doing, for accel_up: left by its thread, which may hang, and read by the tick thread, which may not.
//
// Threads  described(), ended(): the accelerator's own. The others: any.
// Cost     a few relaxed stores a row; labels() takes a mutex that is held for a copy of labels.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <vector>

#include "proto/base/clock.h"
#include "proto/base/labels.h"

namespace tacho::sampler {

class AccelState {
 public:
  void described(const std::vector<Label>& labels);
  void ended(MonoNs now, bool ok);

  // Empty until the accelerator was described for the first time.
  std::vector<Label> labels() const;
  // Grows with every new set of labels.
  std::uint64_t version() const { return version_.load(std::memory_order_acquire); }
  // Whether any row of it was read or failed; before that nobody knows whether it answers.
  bool tried() const { return tried_.load(std::memory_order_relaxed); }
  // Its last row was read, and the next is not overdue: it may take twice as long as the last two were apart, and half a second.
  bool up(MonoNs now) const;

 private:
  mutable std::mutex mutex_;  // guards labels_
  std::vector<Label> labels_;
  // Writer: the accelerator's thread, release: the labels before the version. Readers: acquire, pairs with it.
  std::atomic<std::uint64_t> version_{0};
  // Writer: the accelerator's thread. Readers: the tick thread; relaxed: each stands alone, and one a row old is no harm.
  std::atomic<bool> tried_{false};
  std::atomic<bool> ok_{false};
  std::atomic<std::int64_t> ended_ns_{0};  // of the last row that was read; 0: none
  std::atomic<std::int64_t> apart_ns_{0};  // of the last two
};

}  // namespace tacho::sampler
