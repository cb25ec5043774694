// Power: what the card draws now, on average since the last row, and at most and at least between.
//
// Source   the driver's ring of readings, 50 a second where we have seen it (nvidia_ring.h): training draws 600 W for a fraction of
//          a second and 100 W for the next, and a reading a second shows whichever it meets. Its newest reading and its mean are what
//          the driver calls instant power and power averaged over a second, so these are not asked for.
// Else     cards without a ring: the driver's fields for instant and average power; before those, nvmlDeviceGetPowerUsage, which is
//          an average from Ampere on (but for the GA100, compute capability 8.0) and was instant before.
// Truth    the sensors of some cards look for 25 ms in every 100 (arXiv 2312.02741): energy over time is exact, single readings are
//          what the card reports.
#pragma once

#include "sampler/accel/nvidia/reading.h"
#include "sampler/accel/nvidia/ring.h"

namespace tacho::sampler {

class NvidiaPower final : public NvidiaReading {
 public:
  void describe(const NvidiaCard& card, SchemaBuilder& builder) override;
  Sampled sample(NvidiaCard& card, Row& row) override;

 private:
  enum class Way { none, ring, fields, usage };

  void probe(NvidiaCard& card) override;
  Way find_way(NvidiaCard& card);
  void from_ring(NvidiaCard& card, Row& row);
  void from_fields(NvidiaCard& card, Row& row);

  NvidiaRing ring_{nvml::SampleKind::power};
  Way way_ = Way::none;
  bool usage_is_average_ = false;
  std::size_t instant_ = kNoColumn;
  std::size_t average_ = kNoColumn;
  std::size_t max_ = kNoColumn;
  std::size_t min_ = kNoColumn;
};

}  // namespace tacho::sampler
