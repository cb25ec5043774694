// Memory errors that were corrected, and those that were not; pages taken out of use for them.
//
// Source   dcmi_get_device_ecc_info for each kind of memory the chip has: on-chip memory (HBM) and, where there is none, DDR are the
//          location dram, the caches sram. Single-bit errors are corrected, double-bit errors are not. There is no sum of all.
// Scope    volatile: since the driver was loaded. aggregate: the library's totals, over the chip's life.
#pragma once

#include <array>
#include <vector>

#include "sampler/accel/ascend/reading.h"

namespace tacho::sampler {

class AscendEcc final : public AscendReading {
 public:
  void describe(const AscendCard& card, SchemaBuilder& builder) override;
  Sampled sample(AscendCard& card, Row& row) override;

 private:
  struct Memory {
    dcmi::EccType type;
    bool dram;
    std::array<std::size_t, 4> errors{};
    std::array<std::size_t, 2> pages{};
    std::size_t enabled = kNoColumn;
  };
  void probe(AscendCard& card) override;
  bool look_for(AscendCard& card, dcmi::EccType type, std::string_view location);

  std::vector<Memory> memories_;
};

}  // namespace tacho::sampler
