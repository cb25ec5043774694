// Blocks of the ring that were opened lately for a few of their columns: a dashboard asks the same again seconds later, and to read, verify
// and unpack a piece of 128 KiB is most of the work for one series of thousands.
//
// Shape    by the sequence of a block's record, which no other record of the ring has, so what is here is right for as long as somebody's
//          snapshot names it, also when it has been overwritten since. The longest unused goes when there are too many bytes.
// Threads  any. A block's mutex is held while a piece of it is loaded; what is loaded is read without it (BlockView).
// Memory   kBytesMax, by what blocks say of themselves when they are put back; none that was not asked for in the last kKeptNs.
// Cost     a lock for moments, and a walk over the list: a few dozen blocks.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>

#include "proto/base/clock.h"
#include "store/block/block.h"

namespace tacho::store {

struct OpenBlock {
  std::mutex mutex;  // guards load()
  BlockView view;
};

class OpenBlocks {
 public:
  static constexpr std::size_t kBytesMax = 4u << 20;
  static constexpr std::int64_t kKeptNs = 60 * kNsPerSecond;

  // Null: it is not here.
  std::shared_ptr<OpenBlock> find(std::uint64_t sequence) const;
  // After it was used; `bytes`: of memory it holds now.
  void keep(std::uint64_t sequence, std::shared_ptr<OpenBlock> block, std::size_t bytes, MonoNs now);
  void forget_old(MonoNs now);
  std::size_t bytes() const;

 private:
  struct Entry {
    std::uint64_t sequence;
    std::shared_ptr<OpenBlock> block;
    std::size_t bytes;
    MonoNs used;
  };

  mutable std::mutex mutex_;
  std::list<Entry> entries_;  // the newest used first
  std::size_t bytes_ = 0;
};

}  // namespace tacho::store
