#include "sampler/accel/accel_state.h"

namespace tacho::sampler {
namespace {

constexpr auto relaxed = std::memory_order_relaxed;
constexpr std::int64_t kGraceNs = kNsPerSecond / 2;
// Of a source that has given one row only.
constexpr std::int64_t kApartNs = kNsPerSecond;

}  // namespace

void AccelState::described(const std::vector<Label>& labels) {
  {
    const std::lock_guard lock(mutex_);
    if (labels_ == labels) return;
    labels_ = labels;
  }
  version_.fetch_add(1, std::memory_order_release);
}

std::vector<Label> AccelState::labels() const {
  const std::lock_guard lock(mutex_);
  return labels_;
}

void AccelState::ended(MonoNs now, bool ok) {
  if (ok) {
    const auto at = static_cast<std::int64_t>(now);
    const std::int64_t before = ended_ns_.load(relaxed);
    // A pause was none of its rhythm.
    if (before != 0 && ok_.load(relaxed)) apart_ns_.store(at - before, relaxed);
    ended_ns_.store(at, relaxed);
  }
  ok_.store(ok, relaxed);
  tried_.store(true, relaxed);
}

bool AccelState::up(MonoNs now) const {
  const std::int64_t ended = ended_ns_.load(relaxed);
  const std::int64_t apart = apart_ns_.load(relaxed);
  return ok_.load(relaxed) && ended != 0 && now - MonoNs{ended} <= 2 * (apart == 0 ? kApartNs : apart) + kGraceNs;
}

}  // namespace tacho::sampler
