// Which accelerators there are and which answer: accel_devices, accel_up.
//
// Fleets   all vendors' accelerators, a fleet each: what the node shows of that vendor.
// Why      an accelerator's own thread cannot say that it hangs. This source reads what the threads leave behind (accel_state.h),
//          never blocks, and so says it within three seconds.
// accel_up of a card from its first answer on: a card that the node has and this container was not given is no failure. Until its first row was
//          read or has failed it is not known, and absent; for three seconds, for it may hang there.
// Held up   where the tick thread itself was (a stopped process, a paused machine), so were the cards' threads: for a second a card is up
//          that was before it.
// Threads  the tick thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "proto/base/clock.h"
#include "sampler/accel/accel_state.h"
#include "sampler/source.h"

namespace tacho::sampler {

struct AccelFleet {
  std::string vendor;
  std::vector<std::shared_ptr<AccelState>> states;  // one for each accelerator that the node shows
};

class AccelSource final : public Source {
 public:
  explicit AccelSource(std::vector<AccelFleet> fleets, const Clock& clock = system_clock());

  std::string_view name() const override { return "accel"; }
  Result<void> describe(store::Schema& schema) override;
  Result<Sampled> sample(Row& row) override;

 private:
  std::uint64_t version() const;
  void note(MonoNs now);
  std::optional<double> up(const AccelState& state, MonoNs& untried, MonoNs now) const;

  const std::vector<AccelFleet> fleets_;
  const Clock& clock_;
  std::uint64_t described_ = 0;
  MonoNs last_{};                     // of the last row; 0: none
  std::int64_t apart_ns_ = 0;         // of the last two
  MonoNs before_hold_{};              // the row before the agent was held up
  MonoNs excused_until_{};            // by that
  std::vector<std::size_t> columns_;  // of each fleet its count, then its states
  std::vector<MonoNs> untried_;       // of each state: since when it has been there and not tried; 0: not seen so
};

}  // namespace tacho::sampler
