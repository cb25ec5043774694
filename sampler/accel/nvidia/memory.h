// The card's memory: total, used, and what the driver keeps for itself. "used" does not contain "reserved" where the driver tells
// them apart (since 510); before that, it does, and there is no reserved.
#pragma once

#include "sampler/accel/nvidia/reading.h"

namespace tacho::sampler {

class NvidiaMemory final : public NvidiaReading {
 public:
  void describe(const NvidiaCard& card, SchemaBuilder& builder) override;
  Sampled sample(NvidiaCard& card, Row& row) override;

 private:
  enum class Way { none, v2, v1 };
  void probe(NvidiaCard& card) override;

  Way way_ = Way::none;
  std::size_t total_ = kNoColumn;
  std::size_t used_ = kNoColumn;
  std::size_t reserved_ = kNoColumn;
};

}  // namespace tacho::sampler
