// Events as JSON, as /api/v1/events, the stream and `tacho events` write them.
//
//   {"time":1700000000.123,"kind":"throttle","severity":"warning","device":"nvidia 3","text":"...","count":1,"end":1700000012,
//    "labels":{...}}
//
// An episode has "end" or "ongoing":true, and "began_earlier":true where it did.
// Threads  any.
#pragma once

#include "query/events/event.h"
#include "query/json/text.h"

namespace tacho::query {

void write_event(JsonText& out, const Event& event);
// A list of them.
void write_events(JsonText& out, const std::vector<Event>& events);
// What a list that was cut says of it; "" where it is whole.
std::string events_warning(const EventList& list);

}  // namespace tacho::query
