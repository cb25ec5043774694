// Whether the card is fit to go on: accel_health_status, 1 or 0.
//
// Unfit    it wants a reset, a reboot or to be drained (field 230); or a row of its memory could not be replaced; or, since it was found, it
//          has reported an error after which nothing of it can be trusted: 62 and 120 (firmware halted), 79 (off the bus), 95 and
//          140 (memory errors not contained), 119 (firmware silent). What a program's own mistakes bring about is none of it.
// When     in every tenth row, and in the row in which such an error is counted. What is looked up changes seldom and costs the
//          firmware's time.
// Absent   where the card supports none of the three.
#pragma once

#include "sampler/accel/nvidia/events.h"
#include "sampler/accel/nvidia/reading.h"

namespace tacho::sampler {

class NvidiaHealth final : public NvidiaReading {
 public:
  // `events`: of the same source, found out and sampled before this.
  explicit NvidiaHealth(const NvidiaEvents& events) : events_(events) {}

  void describe(const NvidiaCard& card, SchemaBuilder& builder) override;
  Sampled sample(NvidiaCard& card, Row& row) override;

 private:
  void probe(NvidiaCard& card) override;
  static std::expected<bool, nvml::Code> wants_something(NvidiaCard& card);
  static std::expected<bool, nvml::Code> remap_failed(NvidiaCard& card);

  const NvidiaEvents& events_;
  bool action_ = false;  // supported
  bool remap_ = false;
  unsigned rows_ = 0;
  unsigned fatal_seen_ = 0;
  std::size_t column_ = kNoColumn;
};

}  // namespace tacho::sampler
