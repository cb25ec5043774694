#include "store/ring/open_blocks.h"

#include <algorithm>

namespace tacho::store {

std::shared_ptr<OpenBlock> OpenBlocks::find(std::uint64_t sequence) const {
  const std::lock_guard lock(mutex_);
  const auto at = std::ranges::find(entries_, sequence, &Entry::sequence);
  return at == entries_.end() ? nullptr : at->block;
}

void OpenBlocks::keep(std::uint64_t sequence, std::shared_ptr<OpenBlock> block, std::size_t bytes, MonoNs now) {
  const std::lock_guard lock(mutex_);
  const auto at = std::ranges::find(entries_, sequence, &Entry::sequence);
  if (at != entries_.end()) {
    if (at->block != block) return;  // another question opened it at the same time
    bytes_ -= at->bytes;
    entries_.erase(at);
  }
  entries_.push_front({sequence, std::move(block), bytes, now});
  bytes_ += bytes;
  while (bytes_ > kBytesMax) {
    bytes_ -= entries_.back().bytes;
    entries_.pop_back();
  }
}

void OpenBlocks::forget_old(MonoNs now) {
  const std::lock_guard lock(mutex_);
  while (!entries_.empty() && now - entries_.back().used > kKeptNs) {
    bytes_ -= entries_.back().bytes;
    entries_.pop_back();
  }
}

std::size_t OpenBlocks::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

}  // namespace tacho::store
