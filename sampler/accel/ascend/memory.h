// The NPU's memory: how much there is and is used, its temperature, its clock, and how busy its bandwidth is.
//
// Source   dcmi_get_device_hbm_info, all in one call. Chips without memory of that kind (310P): dcmi_get_device_memory_info_v3, which
//          tells size, use and clock of their DDR memory. Units are MiB and MHz.
#pragma once

#include "sampler/accel/ascend/reading.h"

namespace tacho::sampler {

class AscendMemory final : public AscendReading {
 public:
  void describe(const AscendCard& card, SchemaBuilder& builder) override;
  Sampled sample(AscendCard& card, Row& row) override;

 private:
  enum class Way { none, hbm, ddr };

  void probe(AscendCard& card) override;

  Way way_ = Way::none;
  std::size_t total_ = kNoColumn;
  std::size_t used_ = kNoColumn;
  std::size_t clock_ = kNoColumn;
  std::size_t temperature_ = kNoColumn;
  std::size_t bandwidth_ = kNoColumn;
};

}  // namespace tacho::sampler
