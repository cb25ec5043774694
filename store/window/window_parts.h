// The parts that a group's rows lie in, in the order they were written; used by window.cc alone.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "store/window/window.h"

namespace tacho::store {

// A run of consecutive rows of one generation in strictly increasing time, in a head, a stage or a block of the ring.
struct Part {
  std::shared_ptr<const KnownSchema> schema;  // names its columns, and perhaps those that the generation got later
  std::size_t columns = 0;
  std::uint64_t generation = 0;
  std::uint64_t first_row = 0;
  std::uint64_t end_row = 0;
  TimeMs t_min = 0;  // no row is earlier
  TimeMs t_max = 0;
  std::shared_ptr<Head> head;          // where the rows lie: a head,
  std::shared_ptr<const Stage> stage;  // or a stage,
  const RecordRef* record = nullptr;   // or a block of the ring (points into the snapshot's records)
  TimeMs hidden_from = 0;              // a row of the group that was written later has this time: rows from it on are not visible

  bool may_have(TimeRange range) const { return t_max >= range.min && t_min <= range.max && t_min < hidden_from; }
};

struct GroupParts {
  std::string group;
  std::int64_t interval_ms = 0;  // of the newest generation
  std::vector<Part> parts;       // by (generation, first_row); no row is in two of them
};

inline constexpr TimeRange kAllTime{std::numeric_limits<TimeMs>::min(), std::numeric_limits<TimeMs>::max()};

// The parts of every group that may have a row in the range, by name; rows that lie in a head and elsewhere too are not taken from the head.
// `wanted`: where given, parts of other schemas may be left out; it is asked at least once for each schema of the parts.
// Groups of which no part is left are left out.
std::vector<GroupParts> group_parts(const WindowSnapshot& window, TimeRange range = kAllTime,
                                    const std::function<bool(const KnownSchema&)>& wanted = {});

}  // namespace tacho::store
