// What a window holds and costs, group by group: what `tacho status` and /api/v1/status/tsdb say.
//
// Units    bytes, Unix milliseconds, seconds.
// Threads  window_status: pure over a snapshot.   Cost  a walk over the records' headers and the heads' times; nothing is decoded.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "proto/base/sample.h"
#include "store/head/series_limit.h"

namespace tacho::store {

struct WindowSnapshot;

struct GroupStatus {
  std::string group;
  std::int64_t interval_ms = 0;
  std::size_t series = 0;       // columns of the newest generation
  std::size_t generations = 0;  // in the window: each change of the group's series made one
  std::uint64_t rows = 0;
  std::uint64_t samples = 0;  // cells of those rows; absent ones count
  TimeMs oldest = 0;
  TimeMs newest = 0;
  std::uint64_t ring_bytes = 0;  // of its blocks in the ring, headers and all
  std::uint64_t ring_samples = 0;
};

// What the agent found when it started, and what has gone wrong since.
struct Recovery {
  std::uint64_t recovered_rows = 0;
  std::uint64_t damaged_blocks = 0;
  std::uint64_t lost_rows = 0;  // overwritten in a head before they could be sealed
};

struct WindowStatus {
  std::uint64_t budget_bytes = 0;  // 0: not kept in a ring
  std::uint64_t block_bytes = 0;   // of the ring, in blocks
  std::uint64_t schema_bytes = 0;  // of the ring, in schemas: labels
  double window_seconds = 0;       // from the oldest sample that can be read to the newest
  double full_window_seconds = 0;  // what the budget will hold at the density and rate seen; 0: not known yet
  double bytes_per_sample = 0;     // of the blocks in the ring; 0: there are none
  std::size_t series = 0;
  std::uint64_t samples = 0;
  std::vector<GroupStatus> groups;          // by name
  std::optional<Recovery> recovery;         // only an agent knows
  std::optional<SeriesLimit::Counts> live;  // and this
};

WindowStatus window_status(const WindowSnapshot& window);

}  // namespace tacho::store
