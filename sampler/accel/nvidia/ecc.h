// Memory errors that were corrected, and those that were not; what the card did about them.
//
// Source   nvmlDeviceGetTotalEccErrors, nvmlDeviceGetMemoryErrorCounter; nvmlDeviceGetRemappedRows (Ampere and later, rows of memory
//          replaced by spare ones), nvmlDeviceGetRowRemapperHistogram (how many banks have how many spare rows left).
// Scope    volatile: since the driver was loaded. aggregate: over the card's life.
#pragma once

#include <array>

#include "sampler/accel/nvidia/reading.h"

namespace tacho::sampler {

class NvidiaEcc final : public NvidiaReading {
 public:
  void describe(const NvidiaCard& card, SchemaBuilder& builder) override;
  Sampled sample(NvidiaCard& card, Row& row) override;

 private:
  struct Counter {
    nvml::U32 severity, scope;
    std::uint32_t location;  // kTotal, or the library's number
    std::size_t column = kNoColumn;
  };
  void probe(NvidiaCard& card) override;
  static std::expected<nvml::U64, nvml::Code> read(NvidiaCard& card, const Counter& counter);

  std::vector<Counter> counters_;
  bool rows_ = false;
  bool banks_ = false;
  std::array<std::size_t, 4> row_columns_{};
  std::array<std::size_t, 5> bank_columns_{};
};

}  // namespace tacho::sampler
