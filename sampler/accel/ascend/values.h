// Numbers of an NPU that are one call each, as they are read: temperature, voltage, clocks.
//
// Tables   which numbers, under which names: ascend_values.cc. value = number * factor / divisor.
#pragma once

#include <span>
#include <vector>

#include "sampler/accel/ascend/reading.h"
#include "sampler/accel/value_name.h"

namespace tacho::sampler {

struct AscendCall {
  using Read = std::expected<std::optional<double>, dcmi::Code> (*)(AscendCard&);

  ValueName name;
  Read read;
  double factor = 1;
  double divisor = 1;
};

class AscendCalls final : public AscendReading {
 public:
  explicit AscendCalls(std::span<const AscendCall> rows) : rows_(rows) {}
  void describe(const AscendCard& card, SchemaBuilder& builder) override;
  Sampled sample(AscendCard& card, Row& row) override;

 private:
  struct Used {
    const AscendCall* row;
    std::size_t column = kNoColumn;
  };
  void probe(AscendCard& card) override;

  std::span<const AscendCall> rows_;
  std::vector<Used> used_;
};

std::span<const AscendCall> ascend_calls();
std::span<const AscendCall> ascend_slow_calls();

}  // namespace tacho::sampler
