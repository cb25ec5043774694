#include "sampler/accel/ascend/values.h"

#include "sampler/cells.h"

namespace tacho::sampler {
namespace {

using dcmi::Code;
using dcmi::FrequencyType;
using Read = std::expected<std::optional<double>, Code>;

constexpr double kMega = 1e6;
constexpr double kCenti = 100;

Read temperature(AscendCard& card) {
  const auto celsius = card.ask<std::int32_t>(card.functions().temperature);
  if (!celsius) return std::unexpected(celsius.error());
  return dcmi::sensor(*celsius);
}

Read voltage(AscendCard& card) {
  const auto centivolts = card.ask<dcmi::U32>(card.functions().voltage);
  if (!centivolts) return std::unexpected(centivolts.error());
  return dcmi::sensor(*centivolts);
}

template <FrequencyType Type>
Read frequency(AscendCard& card) {
  const auto mhz = card.ask<dcmi::U32>(card.functions().frequency, Type);
  if (!mhz) return std::unexpected(mhz.error());
  return dcmi::number(*mhz);
}

constexpr AscendCall kCalls[] = {
    {{"accel_temperature_celsius", "sensor", "core"}, temperature},
    {{"accel_voltage_volts", "rail", "core"}, voltage, 1, kCenti},
    {{"accel_clock_hertz", "domain", "core"}, frequency<FrequencyType::aicore>, kMega},
};

constexpr AscendCall kSlowCalls[] = {
    {{"accel_clock_max_hertz", "domain", "core"}, frequency<FrequencyType::aicore_max>, kMega},
};

}  // namespace

std::span<const AscendCall> ascend_calls() { return kCalls; }
std::span<const AscendCall> ascend_slow_calls() { return kSlowCalls; }

void AscendCalls::probe(AscendCard& card) {
  used_.clear();
  for (const AscendCall& row : rows_) {
    const auto answer = row.read(card);
    if (supported(row.name.text(), answer ? Code::success : answer.error())) used_.push_back({&row});
  }
}

void AscendCalls::describe(const AscendCard& card, SchemaBuilder& builder) {
  for (Used& used : used_) used.column = used.row->name.add(card, builder);
}

Sampled AscendCalls::sample(AscendCard& card, Row& row) {
  for (const Used& used : used_) {
    const auto answer = used.row->read(card);
    if (answer && *answer) put(row, used.column, **answer * used.row->factor / used.row->divisor);
  }
  return Sampled::ok;
}

}  // namespace tacho::sampler
