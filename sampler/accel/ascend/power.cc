#include "sampler/accel/ascend/power.h"

#include <cmath>

#include "sampler/cells.h"

namespace tacho::sampler {
namespace {

using dcmi::Code;

constexpr double kTenths = 10;
constexpr double kDigits = 1e3;

}  // namespace

void AscendPower::probe(AscendCard& card) {
  const dcmi::Functions& f = card.functions();
  const auto power = card.ask<std::int32_t>(f.power);
  power_there_ = supported("accel_power_watts", power ? Code::success : power.error());
  const auto health = card.ask<dcmi::U32>(f.health);
  health_there_ = supported("accel_health_status", health ? Code::success : health.error());
  last_.reset();
}

void AscendPower::describe(const AscendCard& card, SchemaBuilder& builder) {
  power_ = energy_ = health_ = kNoColumn;
  if (power_there_) {
    power_ = builder.add("accel_power_watts", card.labels_and({{"window", "instant"}}));
    energy_ = builder.add("accel_energy_joules_total", card.labels_and({{"derived", "1"}}));
  }
  if (health_there_) health_ = builder.add("accel_health_status", card.labels());
}

void AscendPower::read_power(AscendCard& card, Row& row) {
  const auto tenths = card.ask<std::int32_t>(card.functions().power);
  const auto value = tenths ? dcmi::sensor(*tenths) : std::nullopt;
  if (!value) return;
  const Reading now{card.clock().mono(), *value / kTenths};
  const std::int64_t apart = last_ ? now.at - last_->at : 0;
  if (apart > 0 && apart <= kGapMax)
    joules_ += (last_->watts + now.watts) / 2 * static_cast<double>(apart) / static_cast<double>(kNsPerSecond);
  last_ = now;
  put(row, power_, now.watts);
  put(row, energy_, std::round(joules_ * kDigits) / kDigits);
}

Sampled AscendPower::sample(AscendCard& card, Row& row) {
  if (power_there_) read_power(card, row);
  if (!health_there_) return Sampled::ok;
  if (const auto health = card.ask<dcmi::U32>(card.functions().health)) {
    if (*health == dcmi::kHealthAbsent)
      card.heed(Code::invalid_device);
    else
      put(row, health_, *health == 0 ? 1.0 : 0.0);
  }
  return Sampled::ok;
}

}  // namespace tacho::sampler
