// Numbers of a card that are one call each, or one of the driver's numbered fields, many of which come with one call.
//
// Tables   which numbers, under which names: nvidia_tables.h. value = number * factor / divisor.
// Seldom   some calls keep the card's firmware busy for a millisecond and tell what hardly ever changes: they are made in every
//          n-th row, and their cells are absent in the others.
// Fields   each has its own code, type and scope.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "sampler/accel/nvidia/reading.h"
#include "sampler/accel/value_name.h"

namespace tacho::sampler {

struct CallRow {
  using Plain = nvml::Code (*)(nvml::Device, nvml::U32*);
  using Indexed = nvml::Code (*)(nvml::Device, nvml::U32, nvml::U32*);

  ValueName name;
  Plain nvml::Functions::* plain = nullptr;      // one of the two
  Indexed nvml::Functions::* indexed = nullptr;  // called with the argument
  nvml::U32 argument = 0;
  double factor = 1;
  double divisor = 1;
};

struct FieldRow {
  ValueName name;
  std::uint32_t field;
  std::uint32_t scope = 0;
  double factor = 1;
  double divisor = 1;
};

class NvidiaCalls final : public NvidiaReading {
 public:
  explicit NvidiaCalls(std::span<const CallRow> rows, unsigned every = 1) : rows_(rows), every_(every) {}
  void describe(const NvidiaCard& card, SchemaBuilder& builder) override;
  Sampled sample(NvidiaCard& card, Row& row) override;

 private:
  struct Used {
    const CallRow* row;
    std::size_t column = kNoColumn;
  };
  void probe(NvidiaCard& card) override;

  std::span<const CallRow> rows_;
  std::vector<Used> used_;
  unsigned every_;
  unsigned ticks_ = 0;
};

class NvidiaFields final : public NvidiaReading {
 public:
  explicit NvidiaFields(std::span<const FieldRow> rows) : rows_(rows) {}
  void describe(const NvidiaCard& card, SchemaBuilder& builder) override;
  Sampled sample(NvidiaCard& card, Row& row) override;

 private:
  struct Used {
    const FieldRow* row;
    std::size_t column = kNoColumn;
  };
  void probe(NvidiaCard& card) override;

  std::span<const FieldRow> rows_;
  std::vector<Used> used_;
  std::vector<nvml::FieldValue> asked_;  // of used_, in its order
};

// The number, whatever its type; nullopt for a NaN, or a type that is none.
std::optional<double> number_of(nvml::ValueType type, const nvml::Value& value);

}  // namespace tacho::sampler
