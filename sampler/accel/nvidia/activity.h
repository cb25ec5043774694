// How busy the card was since the last row, where its hardware counters do not tell (nvidia_gpm.h does it for Hopper and later).
//
// Source   the driver's rings of utilisation (nvidia_ring.h): each reading is the share of its time, a fifth of a second as far as we
//          have seen, in which any kernel ran. Their mean over the tick, not the one that is newest when the tick comes: a load that is
//          on for 200 ms of a second reads 0 or 97 % that way, whichever it meets. Busy seconds are their sum.
// Memory   the share of time in which memory was read or written: no bandwidth, hence the label source="coarse".
// Else     cards without rings: nvmlDeviceGetUtilizationRates, the newest reading, and no busy seconds.
#pragma once

#include "sampler/accel/nvidia/gpm.h"
#include "sampler/accel/nvidia/ring.h"

namespace tacho::sampler {

class NvidiaActivity final : public NvidiaReading {
 public:
  // `gpm`: of the same source, found out and sampled before this.
  explicit NvidiaActivity(const NvidiaGpm& gpm) : gpm_(gpm) {}

  void describe(const NvidiaCard& card, SchemaBuilder& builder) override;
  Sampled sample(NvidiaCard& card, Row& row) override;

 private:
  enum class Way { none, rings, rates };

  void probe(NvidiaCard& card) override;

  const NvidiaGpm& gpm_;
  Way way_ = Way::none;
  NvidiaRing busy_ring_{nvml::SampleKind::gpu_utilization};
  NvidiaRing memory_ring_{nvml::SampleKind::memory_utilization};
  bool memory_rings_ = false;
  double busy_seconds_ = 0;
  std::size_t utilization_ = kNoColumn;
  std::size_t busy_ = kNoColumn;
  std::size_t memory_ = kNoColumn;
};

}  // namespace tacho::sampler
