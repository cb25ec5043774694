// When to sample: ticks are whole multiples of the interval since the Unix epoch, on the wall clock, the same on every node.
//
// Shape    pure state over numbers; the scheduler brings the clocks. No drift: a tick is computed, never "now + interval".
// Units    wall nanoseconds in, TimeMs stamps out.
// Threads  one.
// Steps    The wall clock may jump. Forwards: the ticks jumped over are not made up and not counted as missed (nobody could have
//          sampled them); back: sampling goes on at once with the ticks of the new time. The monotonic clock tells a jump from
//          lateness.
#pragma once

#include <cstdint>

#include "proto/base/clock.h"

namespace tacho::sampler {

class TickGrid {
 public:
  // Requires: interval_ms >= 1.
  explicit TickGrid(std::int64_t interval_ms) : interval_ns_(interval_ms * kNsPerMs) {}

  // The first tick after `wall_ns`, or the first whole second if that comes sooner: nobody waits a minute for a first row, and a
  // row has a time that no row of a life before can have. Call once at start; afterwards next() is always set.
  void start(std::int64_t wall_ns, MonoNs mono);
  // The tick that is waited for, wall nanoseconds.
  std::int64_t next() const { return next_; }
  // How long to sleep from now; 0 when the tick is due.
  std::int64_t wait_ns(std::int64_t wall_ns) const;

  struct Due {
    bool due = false;          // false: too early (an early wake-up, or the clock stepped back); wait again
    std::int64_t tick_ns = 0;  // the tick to sample for: the newest one that has passed
    std::int64_t lateness_ns = 0;
    std::int64_t missed = 0;  // whole ticks that passed unsampled before tick_ns
    bool stepped = false;     // the wall clock jumped since the last call
  };
  // What to do now, after waking up; advances next().
  Due wake(std::int64_t wall_ns, MonoNs mono);

  // The time a row carries: the tick, or the real time of reading when that was more than tolerance away from it.
  TimeMs stamp(std::int64_t tick_ns, std::int64_t read_wall_ns) const;

  std::int64_t interval_ns() const { return interval_ns_; }
  std::int64_t tolerance_ns() const { return interval_ns_ / 20; }

 private:
  std::int64_t floor_tick(std::int64_t wall_ns) const { return floor(wall_ns, interval_ns_); }
  static std::int64_t floor(std::int64_t wall_ns, std::int64_t interval_ns);
  // Clock jumps are told from lateness by wall and monotonic time disagreeing by more than this.
  std::int64_t step_ns() const { return interval_ns_ / 2; }

  std::int64_t interval_ns_;
  std::int64_t next_ = 0;
  std::int64_t last_wall_ = 0;
  MonoNs last_mono_{};
};

}  // namespace tacho::sampler
