// What is an event: a table, a line a rule.
//
// A rule names one metric, which of its series count, what in their samples is an event, and the sentence that tells it.
//
// Sentences   {device} is Event::device, {LABEL} a label's value, {count} the growth; {count|process|processes} is "1 process" or "3 processes";
//             {times} is " 3 times", and nothing for once; {for} is " for 12s" where an episode's whole length is known; {words LABEL} a
//             label's value with spaces for underscores.
// Twins       one thing may be told by several metrics: an OOM kill by the cgroup, by the kernel's log, and by a counter of the whole node.
//             Of one kind a rule of a higher rank is left out where those of lower ranks tell the same number within kTwinMs, of
//             the same place (a card's address on the bus, or Event::device) where both name one.
// Threads     any; the table never changes.
#pragma once

#include <span>
#include <string_view>

#include "query/events/event.h"

namespace tacho::query {

enum class Detect : std::uint8_t {
  increase,  // a counter has grown since the row before
  nonzero,   // an episode while the value is not 0
  zero,      // an episode while the value is 0
  good_bad,  // the value falls below `good`
  bad_good,  // the value is back at `good` or above
  falls,  // the value is smaller than in the row before, kEventLeadMs ago at most: a start after a longer time is told by its gap alone
  no_rows,  // rows of the series are missing: an episode
};

struct EventRule {
  std::string_view kind;
  Severity severity;
  std::string_view metric;
  Detect detect;
  std::string_view text;
  bool (*takes)(const Labels&) = nullptr;  // null: every series of the metric
  double good = 1;                         // of good_bad and bad_good
  int rank = 0;
};

inline constexpr std::int64_t kTwinMs = 2'000;

std::span<const EventRule> event_rules();

// "nvidia 3", "nvidia 3/1" for a part of it; else the interface, port, address, controller, source that the labels name; "" for none.
std::string event_device(const Labels& labels);

}  // namespace tacho::query
