#include "sampler/tick_grid.h"

#include <algorithm>
#include <cstdlib>

namespace tacho::sampler {

std::int64_t TickGrid::floor(std::int64_t wall_ns, std::int64_t interval_ns) {
  const std::int64_t into = wall_ns % interval_ns;
  return wall_ns - (into < 0 ? into + interval_ns : into);
}

void TickGrid::start(std::int64_t wall_ns, MonoNs mono) {
  next_ = std::min(floor_tick(wall_ns) + interval_ns_, floor(wall_ns, kNsPerSecond) + kNsPerSecond);
  last_wall_ = wall_ns;
  last_mono_ = mono;
}

std::int64_t TickGrid::wait_ns(std::int64_t wall_ns) const {
  // Never longer than an interval: after a step back the tick that was waited for may be hours away.
  return std::clamp<std::int64_t>(next_ - wall_ns, 0, interval_ns_);
}

TickGrid::Due TickGrid::wake(std::int64_t wall_ns, MonoNs mono) {
  Due due;
  const std::int64_t jump = (wall_ns - last_wall_) - (mono - last_mono_);
  due.stepped = std::abs(jump) > step_ns();
  last_wall_ = wall_ns;
  last_mono_ = mono;
  if (due.stepped) {
    // A new timeline: sample its next tick, or this one if it has only just passed.
    const std::int64_t tick = floor_tick(wall_ns);
    if (wall_ns - tick > tolerance_ns()) {
      next_ = tick + interval_ns_;
      return due;
    }
    next_ = tick;
  }
  if (wall_ns < next_) return due;
  due.due = true;
  due.tick_ns = std::max(next_, floor_tick(wall_ns));
  due.missed = (due.tick_ns - next_) / interval_ns_;
  due.lateness_ns = wall_ns - due.tick_ns;
  next_ = floor_tick(due.tick_ns) + interval_ns_;  // the first tick may lie off the grid
  return due;
}

TimeMs TickGrid::stamp(std::int64_t tick_ns, std::int64_t read_wall_ns) const {
  // Off the tick, rounded down: a late row never takes the time of the tick after it.
  return (std::abs(read_wall_ns - tick_ns) <= tolerance_ns() ? tick_ns : read_wall_ns) / kNsPerMs;
}

}  // namespace tacho::sampler
