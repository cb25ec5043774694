// Finds the events of a range (event.h) in a store, by the table of rules (rules.h).
//
//   find_events(store, {start, end}, {.limit = 100})
//
// Shape    one pass over the columns of the metrics that rules name, a slice of an hour at a time. What a range has is what its parts
//          have together, where episodes that one part cuts go on in the next: rows of kEventLeadMs before and behind the range say what was
//          then. Ongoing in a range that ends in the past: the end is outside of it.
// Absent   a first sample is no event, whatever it counts; nor is what a counter shows after it began anew, after its series had ended, or after
//          kEventLeadMs without rows. An episode ends with its series, and with the last row before such a gap. One that a series
//          begins with is an event once it has lasted kEventStartMs: what starts has not answered yet.
// Late     a twin's better teller may come a second later than it: events of the newest two seconds are not yet final.
// Units    TimeMs.
// Errors   the store's; limits; a time-out.
// Threads  const use of the store; any thread.
// Cost     1 to 2 ns a sample beside reading it; memory: a slice's samples and 48 bytes an event that is found.
#pragma once

#include <atomic>
#include <functional>

#include "proto/base/error.h"
#include "query/events/event.h"

namespace tacho::query {

inline constexpr std::int64_t kEventLeadMs = 90'000;
inline constexpr std::int64_t kEventStartMs = 10'000;
inline constexpr std::size_t kEventSamplesMax = 4'000'000;  // enough at a time

struct EventLimits {
  std::size_t limit = 1'000;                             // the newest are kept; 0: all
  std::function<bool(std::string_view)> is_identity;     // whether a label says whose a series is; null: none does
  std::span<const std::vector<store::Matcher>> matches;  // events of series that match all of one of them; empty: of all
  store::SelectLimits select;                            // of what is read at a time
  std::int64_t timeout_ms = 0;                           // 0: none
  const std::atomic<bool>* stop = nullptr;               // raised by another thread: ends the search with an error
};

tacho::Result<EventList> find_events(const store::Queryable& store, store::TimeRange range, const EventLimits& limits);

}  // namespace tacho::query
