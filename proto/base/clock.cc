#include "proto/base/clock.h"

#include <ctime>

namespace tacho {
namespace {

std::int64_t read_clock(clockid_t id) {
  timespec t{};
  ::clock_gettime(id, &t);
  return static_cast<std::int64_t>(t.tv_sec) * kNsPerSecond + t.tv_nsec;
}

class SystemClock final : public Clock {
 public:
  std::int64_t wall_ns() const override { return read_clock(CLOCK_REALTIME); }
  MonoNs mono() const override { return MonoNs{read_clock(CLOCK_MONOTONIC)}; }
  void sleep_until(MonoNs when) const override {
    const auto ns = static_cast<std::int64_t>(when);
    timespec t{ns / kNsPerSecond, ns % kNsPerSecond};
    ::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, nullptr);
  }
};

}  // namespace

const Clock& system_clock() {
  static const SystemClock clock;
  return clock;
}

}  // namespace tacho
