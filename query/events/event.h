// What happened on a node, found in its samples: an error counted, a device lost, clocks held down, a process killed for memory.
//
// Shape    a point in time, or an episode with a begin and an end. Times are those of samples: of the row in which a counter had grown,
//          of the first row that shows another state, of the row that ends an episode.
// Units    TimeMs.   Threads  values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "proto/base/labels.h"
#include "proto/base/sample.h"
#include "store/queryable.h"

namespace tacho::query {

enum class Severity : std::uint8_t { info, warning, error };
std::string_view severity_name(Severity severity);  // "info", "warning", "error"

struct Event {
  TimeMs time = 0;
  std::string kind;  // of the rule (rules.h): "xid", "throttle", "oom", ...
  Severity severity = Severity::info;
  std::string device;  // "nvidia 3", "eth0", "mlx5_0/1", a source's name; "" where there is none
  std::string text;    // one sentence, without a full stop
  double count = 1;    // by how much the counter grew, how many rows are missing; 1 for a change of state and an episode
  bool is_episode = false;
  TimeMs end = 0;              // of an episode that is not ongoing
  bool ongoing = false;        // an episode that the range does not see the end of
  bool began_earlier = false;  // an episode that began before `time`: before the range, or before its series did
  Labels labels;               // of the series that tells it, identities included, as of its row
};

struct EventList {
  store::TimeRange range;     // what was looked at: the range asked for, within what is held
  std::vector<Event> events;  // by time
  std::size_t left_out = 0;   // older ones, beyond the limit
};

}  // namespace tacho::query
