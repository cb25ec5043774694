// Slow numbers whose calls have a shape of their own: the window that the host has into the card's memory (BAR1), how far the
// card is from throttling by temperature, how busy its video engines are, and, where no hardware counters tell, the traffic over PCIe.
//
// PCIe     the library watches the link for 20 ms each way, and waits for it: two windows in ten seconds, a spot check as well. The card's
//          own byte counters (fields 197 and 198) have 32 bits and wrap several times a second. Its
//          kilobytes are thousands: 5.50e10 bytes a second copied to a H200 were 5.92e7 of them, 1.077 times as many with headers; with
//          1,024 it would be 1.10.
// Engines  each call tells the share of the last sampling period, a tenth of a second as far as we have seen: a spot check.
#pragma once

#include <array>

#include "sampler/accel/nvidia/reading.h"

namespace tacho::sampler {

class NvidiaOddCalls final : public NvidiaReading {
 public:
  void describe(const NvidiaCard& card, SchemaBuilder& builder) override;
  Sampled sample(NvidiaCard& card, Row& row) override;

 private:
  static constexpr std::size_t kEngines = 4;
  void probe(NvidiaCard& card) override;

  bool bar1_ = false;
  bool margin_ = false;
  std::array<bool, kEngines> engines_{};
  std::size_t bar1_total_ = kNoColumn;
  std::size_t bar1_used_ = kNoColumn;
  std::size_t margin_column_ = kNoColumn;
  std::array<std::size_t, kEngines> engine_columns_{};
  bool pcie_ = false;
  std::array<std::size_t, 2> pcie_columns_{};
};

}  // namespace tacho::sampler
