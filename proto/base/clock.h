// The two kinds of time, kept apart by type.
//
// TimeMs     wall time, Unix milliseconds: what is stored, asked and shipped. It can step, forwards and back.
// MonoNs     nanoseconds of CLOCK_MONOTONIC: deadlines, durations, sleeping. It never steps. Never subtract one from the other.
// Clock      where both come from, so that tests can bring their own (tests/fake_clock.h).
//
// Threads  SystemClock: any.
#pragma once

#include <cstdint>

namespace tacho {

using TimeMs = std::int64_t;

enum class MonoNs : std::int64_t {};

constexpr std::int64_t operator-(MonoNs a, MonoNs b) { return static_cast<std::int64_t>(a) - static_cast<std::int64_t>(b); }
constexpr MonoNs operator+(MonoNs a, std::int64_t ns) { return MonoNs{static_cast<std::int64_t>(a) + ns}; }

constexpr std::int64_t kNsPerMs = 1'000'000;
constexpr std::int64_t kNsPerSecond = 1'000'000'000;

class Clock {
 public:
  virtual ~Clock() = default;
  // Wall time in nanoseconds since the Unix epoch.
  virtual std::int64_t wall_ns() const = 0;
  virtual MonoNs mono() const = 0;
  // Returns at `when` or later; earlier only if the process is interrupted by a signal.
  virtual void sleep_until(MonoNs when) const = 0;

  // Rounded to the nearest millisecond.
  TimeMs wall_ms() const { return (wall_ns() + kNsPerMs / 2) / kNsPerMs; }
};

const Clock& system_clock();

}  // namespace tacho
