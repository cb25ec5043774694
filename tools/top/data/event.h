// Something that happened: an XID, a throttle, an OOM kill, ticks that were missed.
#pragma once

#include <optional>
#include <string>

#include "proto/base/clock.h"

namespace tacho::tools {

struct TopEvent {
  TimeMs time = 0;
  std::optional<TimeMs> end;  // of what lasts
  std::string kind, severity, device, text;
  bool operator==(const TopEvent&) const = default;
};

}  // namespace tacho::tools
