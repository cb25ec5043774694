// What the attribution found last, for those who show it: the source of its metrics, on the tick thread.
//
// Threads  publish(): the identities'. rows(), version(): any; a mutex held for a copy of a pointer.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "sampler/identity/holders.h"

namespace tacho::sampler {

class AttributionBoard {
 public:
  using Rows = std::vector<Held>;

  // Requires: reasons and holders as they are now. Does nothing when they are what they were.
  void publish(Rows rows);
  std::shared_ptr<const Rows> rows() const;
  std::uint64_t version() const { return version_.load(std::memory_order_acquire); }

 private:
  mutable std::mutex mutex_;  // guards rows_
  std::shared_ptr<const Rows> rows_ = std::make_shared<Rows>();
  // Writer: publish(), release: the rows before the version. Readers: acquire, pairs with it; one behind is no harm.
  std::atomic<std::uint64_t> version_{0};
};

}  // namespace tacho::sampler
