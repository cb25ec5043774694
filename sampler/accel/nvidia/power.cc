#include "sampler/accel/nvidia/power.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "sampler/accel/nvidia/values.h"
#include "sampler/cells.h"

namespace tacho::sampler {
namespace {

using nvml::Code;

constexpr double kMilli = 1000;
constexpr std::uint32_t kFieldAverage = 185;
constexpr std::uint32_t kFieldInstant = 186;

using PowerFields = std::array<nvml::FieldValue, 2>;

PowerFields ask_fields(NvidiaCard& card) {
  PowerFields fields{nvml::FieldValue{.field = kFieldInstant, .code = Code::no_data},
                     nvml::FieldValue{.field = kFieldAverage, .code = Code::no_data}};
  const Code code = card.call(card.functions().field_values, std::int32_t{2}, fields.data());
  for (nvml::FieldValue& f : fields) {
    if (code != Code::success) f.code = code;
    card.heed(f.code);
  }
  return fields;
}

}  // namespace

void NvidiaPower::probe(NvidiaCard& card) { way_ = find_way(card); }

NvidiaPower::Way NvidiaPower::find_way(NvidiaCard& card) {
  if (supported("power readings between ticks", ring_.probe(card))) return Way::ring;
  const PowerFields fields = ask_fields(card);
  if (!nvml::is_unsupported(fields[0].code) || !nvml::is_unsupported(fields[1].code)) return Way::fields;
  const auto usage = card.ask<nvml::U32>(card.functions().power_usage);
  if (!supported("power", usage ? Code::success : usage.error())) return Way::none;
  std::int32_t minor = 0;
  std::int32_t major = 0;
  const Code code = card.call(card.functions().compute_capability, &major, &minor);
  usage_is_average_ = code == Code::success && (major > 8 || (major == 8 && minor > 0));
  return Way::usage;
}

void NvidiaPower::describe(const NvidiaCard& card, SchemaBuilder& builder) {
  instant_ = average_ = max_ = min_ = kNoColumn;
  if (way_ == Way::none) return;
  if (way_ != Way::usage || !usage_is_average_)
    instant_ = builder.add("accel_power_watts", card.labels_and({{"window", "instant"}}));
  if (way_ != Way::usage || usage_is_average_)
    average_ = builder.add("accel_power_watts", card.labels_and({{"window", "average"}}));
  if (way_ != Way::ring) return;
  max_ = builder.add("accel_power_max_watts", card.labels());
  min_ = builder.add("accel_power_min_watts", card.labels());
}

void NvidiaPower::from_ring(NvidiaCard& card, Row& row) {
  const auto readings = ring_.drain(card);
  if (readings.empty()) return;
  double highest = readings[0].value;
  double lowest = highest;
  double seconds = 0;
  double joules = 0;
  for (const NvidiaRing::Reading& r : readings) {
    highest = std::max(highest, r.value);
    lowest = std::min(lowest, r.value);
    seconds += r.seconds;
    joules += r.value * r.seconds;
  }
  put(row, instant_, readings.back().value / kMilli);
  put(row, average_, std::round(joules / seconds) / kMilli);
  put(row, max_, highest / kMilli);
  put(row, min_, lowest / kMilli);
}

void NvidiaPower::from_fields(NvidiaCard& card, Row& row) {
  const PowerFields fields = ask_fields(card);
  const auto show = [&](const nvml::FieldValue& field, std::size_t column) {
    if (field.code != Code::success) return;
    if (const auto watts = number_of(field.type, field.value)) put(row, column, *watts / kMilli);
  };
  show(fields[0], instant_);
  show(fields[1], average_);
}

Sampled NvidiaPower::sample(NvidiaCard& card, Row& row) {
  switch (way_) {
    case Way::none: break;
    case Way::ring: from_ring(card, row); break;
    case Way::fields: from_fields(card, row); break;
    case Way::usage:
      if (const auto usage = card.ask<nvml::U32>(card.functions().power_usage))
        put(row, usage_is_average_ ? average_ : instant_, *usage / kMilli);
      break;
  }
  return Sampled::ok;
}

}  // namespace tacho::sampler
