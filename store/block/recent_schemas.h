// Schemas that were unpacked lately, kept so for the next question: a window that an earlier run of the agent wrote has schemas that no head
// holds, and to unpack them is most of the work of a small question.
//
// Shape    one list a process; the oldest goes when there are too many columns, and all go after some minutes, so that memory does not
//          depend on what was asked once.
// Threads  any.   Cost  a lock for moments.   Memory  about 400 bytes a column: 7 MB at most.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>

#include "proto/base/clock.h"
#include "store/block/schema_codec.h"

namespace tacho::store {

class RecentSchemas {
 public:
  static constexpr std::size_t kColumnsMax = 16'384;
  static constexpr std::int64_t kKeptNs = 300 * kNsPerSecond;

  static RecentSchemas& of_process();

  // Requires: it is not kept.
  void add(std::shared_ptr<const StoredSchema> schema, MonoNs now);
  // Lets go what was added too long ago; whoever uses it still has it. The agent asks for it now and then.
  void forget_old(MonoNs now);
  std::size_t columns() const;

 private:
  struct Entry {
    std::shared_ptr<const StoredSchema> schema;
    MonoNs added;
  };

  void drop_oldest();

  mutable std::mutex mutex_;
  std::deque<Entry> entries_;
  std::size_t columns_ = 0;
};

}  // namespace tacho::store
