// What happened since it was asked last (query/events/), for a stream: events that are new, and episodes that have ended.
//
// Shape    looks at the newest seconds again and again. An episode keeps the begin it was first told with. What a better teller may still tell (twins)
//          is told when it is two seconds old.
// Errors   the store's: then there is no news, and what was missed is looked for the next time.
// Threads  one at a time.   Cost  find_events() of a hundred seconds. Memory: what is open, and what is newer than a minute.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "query/events/find_events.h"

namespace tacho::query {

class LiveEvents {
 public:
  // News from `from` on.
  LiveEvents(EventLimits limits, TimeMs from) : limits_(std::move(limits)), from_(from) {}

  // Up to `now`.
  std::vector<Event> news(const store::Queryable& store, TimeMs now, const std::atomic<bool>* stop);

 private:
  struct Told {
    Event event;
    TimeMs seen = 0;  // when it was last found
  };
  std::string key_of(const Event& e) const;
  void take(Event e, TimeMs now, std::vector<Event>& news);

  EventLimits limits_;
  TimeMs from_;
  std::map<std::string, Told> told_;  // points and ended episodes by key and (end) time, open episodes by key
};

}  // namespace tacho::query
