// The window, read: a consistent view of heads, stages and ring at one moment, and the selection of samples from it. The agent and
// `tacho query --state` use the same code on the same bytes.
//
// Shape    parts of a group in the order they were written: by (generation, row). A row is visible if every row of its group
//          that was written later has a later time: after the clock stepped back, the newer reading of an instant counts.
// Threads  pure functions over snapshots; any thread.
// Cost     columns are copied once from heads and decoded once from blocks (staged or in the ring), into one flat array a series.
// Errors   a limit that is hit. Damaged or vanished blocks are skipped and counted in WindowReadStats.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "store/block/known_schema.h"
#include "store/head/head.h"
#include "store/queryable.h"
#include "store/ring/ring.h"
#include "store/ring/stage.h"

namespace tacho::store {

struct WindowSnapshot {
  // Taken in this order: rows go from heads to stages to the ring, so what moves on meanwhile is found further on.
  std::vector<std::shared_ptr<Head>> heads;
  std::vector<std::shared_ptr<const Stage>> stages;
  std::shared_ptr<const RingIndex> records;  // with their schemas; heads bring their own, which are those of the stages too
  const Ring* ring = nullptr;                // null: no ring
};

struct WindowReadStats {
  std::size_t skipped_blocks = 0;
};

// Series that match any of the sets.
Result<Selection> select(const WindowSnapshot& window, std::span<const MatcherSet> sets, TimeRange range,
                         const SelectLimits& limits, WindowReadStats* stats = nullptr);
std::vector<Labels> series(const WindowSnapshot& window, std::span<const Matcher> matchers, TimeRange range);
TimeRange bounds(const WindowSnapshot& window);
std::vector<GroupTimes> group_times(const WindowSnapshot& window, TimeRange range);

}  // namespace tacho::store
