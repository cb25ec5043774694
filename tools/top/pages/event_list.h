// The list of what happened, and the way from one to the next.
//
// Threads  pure.
#pragma once

#include <optional>
#include <vector>

#include "tools/top/pages/page.h"

namespace tacho::tools {

// The next one after the time (direction 1), or the last one before it (-1). Events are sorted by time.
std::optional<std::size_t> event_from(const std::vector<query::Event>& events, TimeMs at, int direction);

void add_event_list(const TopView& view, const TopState& state, TopPage& page);

}  // namespace tacho::tools
