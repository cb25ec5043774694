// Which accelerators there are and which answer: accel_devices, accel_up.
//
// Fleets   all vendors' accelerators, a fleet each: what the node shows of that vendor.
// Why      an accelerator's own thread cannot say that it hangs. This source reads what the threads leave behind (accel_state.h),
//          never blocks, and so says it within three seconds.
// accel_up of a card from its first answer on: a card that the node has and this container was not given is no failure.
// Threads  the tick thread.
#pragma once

#include <memory>
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
  explicit AccelSource(std::vector<AccelFleet> fleets, const Clock& clock = system_clock())
      : fleets_(std::move(fleets)), clock_(clock) {}

  std::string_view name() const override { return "accel"; }
  Result<void> describe(store::Schema& schema) override;
  Result<Sampled> sample(Row& row) override;

 private:
  std::uint64_t version() const;

  const std::vector<AccelFleet> fleets_;
  const Clock& clock_;
  std::uint64_t described_ = 0;
  std::vector<std::size_t> columns_;  // of each fleet its count, then its states
};

}  // namespace tacho::sampler
