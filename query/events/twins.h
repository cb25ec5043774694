// Leaves out of what was found what is told twice (rules.h, "Twins"), and an OOM kill of a cgroup that one inside of it tells.
//
// Threads  any.   Cost  n log n.
#pragma once

#include <span>

#include "query/events/finder.h"

namespace tacho::query {

// Raises FoundEvent::dropped.
void drop_twins(std::span<FoundEvent> found);

}  // namespace tacho::query
