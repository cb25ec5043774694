// How many series may be live at once, shared by all groups of a store.
//
// Shape    each group has a share: the series it keeps and those it was refused. What a group gives back others may take.
// Threads  any.   Cost  a lock held for a few additions, when a group's series change; freed() is one load.
// Full     a group keeps what it has and gets as many more as there is room for; the rest is counted.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <mutex>

namespace tacho::store {

class SeriesLimit {
 public:
  struct Share {
    std::size_t live = 0;
    std::size_t refused = 0;
  };
  struct Counts {
    std::size_t max = 0;
    std::size_t live = 0;
    std::size_t refused = 0;          // now
    std::uint64_t refused_total = 0;  // ever
    std::uint64_t created_total = 0;  // that became live, ever; those that came back too
    std::uint64_t removed_total = 0;  // that ended
  };

  explicit SeriesLimit(std::size_t max) : max_(max) {}

  // The share becomes `wanted` series or as many of them as there is room for.
  void change(Share& share, std::size_t wanted) {
    const std::lock_guard lock(mutex_);
    const std::size_t others = counts_.live - share.live;
    const std::size_t granted = std::min(wanted, max_ - std::min(max_, others));
    const std::size_t refused = wanted - granted;
    if (refused > share.refused) counts_.refused_total += refused - share.refused;
    if (granted < share.live) freed_.fetch_add(1, std::memory_order_release);
    counts_.live = others + granted;
    counts_.refused += refused - share.refused;  // modulo 2^64: the sum is right
    share = {granted, refused};
  }

  // Of the share's series so many are new, and so many of those before are gone.
  void count(std::size_t created, std::size_t removed) {
    const std::lock_guard lock(mutex_);
    counts_.created_total += created;
    counts_.removed_total += removed;
  }

  // Grows whenever a group gives series back. Release in change(), acquire here: who sees it grow finds the room.
  std::uint64_t freed() const { return freed_.load(std::memory_order_acquire); }

  Counts counts() const {
    const std::lock_guard lock(mutex_);
    Counts out = counts_;
    out.max = max_;
    return out;
  }

 private:
  const std::size_t max_;
  std::atomic<std::uint64_t> freed_{0};
  mutable std::mutex mutex_;  // guards counts_ and every share
  Counts counts_;
};

}  // namespace tacho::store
