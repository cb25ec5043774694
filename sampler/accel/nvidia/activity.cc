#include "sampler/accel/nvidia/activity.h"

#include <cmath>

#include "sampler/cells.h"

namespace tacho::sampler {
namespace {

using nvml::Code;

constexpr double kPercent = 100;
constexpr double kDigits = 1e6;

// The time that the readings stand for, and their sum over it, in seconds of 100 %.
struct Busy {
  double seconds = 0;
  double busy = 0;
};

Busy sum_of(std::span<const NvidiaRing::Reading> readings) {
  Busy sum;
  for (const NvidiaRing::Reading& r : readings) {
    sum.seconds += r.seconds;
    sum.busy += r.seconds * r.value / kPercent;
  }
  return sum;
}

double rounded(double value) { return std::round(value * kDigits) / kDigits; }

}  // namespace

void NvidiaActivity::probe(NvidiaCard& card) {
  way_ = Way::none;
  memory_rings_ = false;
  if (gpm_.tells_activity()) return;
  if (supported("utilization between ticks", busy_ring_.probe(card))) {
    way_ = Way::rings;
    memory_rings_ = supported("memory utilization between ticks", memory_ring_.probe(card));
    return;
  }
  const auto rates = card.ask<nvml::Utilization>(card.functions().utilization);
  if (supported("utilization", rates ? Code::success : rates.error())) way_ = Way::rates;
}

void NvidiaActivity::describe(const NvidiaCard& card, SchemaBuilder& builder) {
  utilization_ = busy_ = memory_ = kNoColumn;
  if (way_ == Way::none) return;
  utilization_ = builder.add("accel_utilization_ratio", card.labels());
  if (way_ == Way::rings) busy_ = builder.add("accel_busy_seconds_total", card.labels());
  if (way_ == Way::rates || memory_rings_)
    memory_ = builder.add("accel_memory_bandwidth_utilization_ratio", card.labels_and({{"source", "coarse"}}));
}

Sampled NvidiaActivity::sample(NvidiaCard& card, Row& row) {
  if (way_ == Way::rates) {
    if (const auto rates = card.ask<nvml::Utilization>(card.functions().utilization)) {
      put(row, utilization_, rates->gpu / kPercent);
      put(row, memory_, rates->memory / kPercent);
    }
  }
  if (way_ != Way::rings) return Sampled::ok;
  if (const Busy sum = sum_of(busy_ring_.drain(card)); sum.seconds > 0) {
    busy_seconds_ += sum.busy;
    put(row, utilization_, rounded(sum.busy / sum.seconds));
    put(row, busy_, rounded(busy_seconds_));
  }
  if (!memory_rings_) return Sampled::ok;
  if (const Busy sum = sum_of(memory_ring_.drain(card)); sum.seconds > 0) put(row, memory_, rounded(sum.busy / sum.seconds));
  return Sampled::ok;
}

}  // namespace tacho::sampler
