// The parts that a group's rows lie in, in the order they were written; used by window.cc alone.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "store/window.h"

namespace tacho::store {

// A run of consecutive rows of one generation in strictly increasing time, in a head, a stage or a block of the ring.
struct Part {
  std::shared_ptr<const KnownSchema> schema;
  std::uint64_t generation = 0;
  std::uint64_t first_row = 0;
  std::uint64_t end_row = 0;
  TimeMs t_min = 0;  // no row is earlier
  TimeMs t_max = 0;
  std::shared_ptr<Head> head;          // where the rows lie: a head,
  std::shared_ptr<const Stage> stage;  // or a stage,
  const RecordRef* record = nullptr;   // or a block of the ring (points into the snapshot's records)
};

struct GroupParts {
  std::string group;
  std::int64_t interval_ms = 0;
  std::vector<Part> parts;  // by (generation, first_row); no row is in two of them
};

// Every group of the snapshot; rows that lie in a head and elsewhere too are not taken from the head.
std::vector<GroupParts> group_parts(const WindowSnapshot& window);

}  // namespace tacho::store
