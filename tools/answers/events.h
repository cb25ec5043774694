// What happened on a node, as a verb asks: an agent's URL, a file, or this node's own shared memory and ring.
//
// Errors   what cannot be opened or asked; the server's own message.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "query/events/event.h"
#include "tools/verbs/verbs.h"

namespace tacho::tools {

struct EventsQuestion {
  std::string matcher;                // "": events of all series
  std::optional<TimeMs> start, end;   // end: now, or the newest sample of a file or a dead agent
  std::int64_t last_ms = 600'000;     // before the end, where there is no start
  std::optional<std::int64_t> limit;  // the newest so many; 0: all
};

struct EventsAnswer {
  store::TimeRange range;  // as asked
  std::vector<query::Event> events;
  std::string warning;  // "": it is whole
};

Result<EventsAnswer> ask_events(const DataChoice& data, const EventsQuestion& question);

// A whole answer of /api/v1/events; without its range.
Result<EventsAnswer> parse_events_answer(const std::string& body);

}  // namespace tacho::tools
