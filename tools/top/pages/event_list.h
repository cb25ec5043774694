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

TopEventId id_of(const query::Event& event);
// Where it is; where it is no longer, the last one that is not later, or the first. Requires: there are events.
std::size_t place_of(const std::vector<query::Event>& events, const TopEventId& id);

void add_event_list(const TopView& view, const TopState& state, TopPage& page);

}  // namespace tacho::tools
