#include "sampler/accel/nvidia/throttle.h"

#include "sampler/cells.h"

namespace tacho::sampler {
namespace {

using nvml::Code;

struct Reason {
  nvml::U64 bit;
  std::string_view name;
};

constexpr Reason kReasonRows[] = {
    {0x1, "idle"},        {0x4, "power_cap"},   {0x8, "hw_slowdown"},  {0x10, "sync_boost"},
    {0x20, "thermal_sw"}, {0x40, "thermal_hw"}, {0x80, "power_brake"}, {0x100, "display"},
};

// Drivers before 535 have it under its old name.
std::expected<nvml::U64, Code> ask_reasons(NvidiaCard& card) {
  const nvml::Functions& f = card.functions();
  return card.ask<nvml::U64>(f.event_reasons ? f.event_reasons : f.throttle_reasons);
}

}  // namespace

void NvidiaThrottle::probe(NvidiaCard& card) {
  static_assert(std::size(kReasonRows) == kReasons);
  possible_ = 0;
  const auto now = ask_reasons(card);
  if (!supported("accel_throttle_active", now ? Code::success : now.error())) return;
  const nvml::Functions& f = card.functions();
  const auto possible = card.ask<nvml::U64>(f.supported_event_reasons ? f.supported_event_reasons : f.supported_throttle_reasons);
  possible_ = possible.value_or(~nvml::U64{0});
}

void NvidiaThrottle::describe(const NvidiaCard& card, SchemaBuilder& builder) {
  for (std::size_t i = 0; i < kReasons; ++i) {
    columns_[i] = kNoColumn;
    if ((possible_ & kReasonRows[i].bit) == 0) continue;
    columns_[i] = builder.add("accel_throttle_active", card.labels_and({{"reason", std::string(kReasonRows[i].name)}}));
  }
}

Sampled NvidiaThrottle::sample(NvidiaCard& card, Row& row) {
  if (possible_ == 0) return Sampled::ok;
  const auto reasons = ask_reasons(card);
  if (!reasons) return Sampled::ok;
  for (std::size_t i = 0; i < kReasons; ++i) put(row, columns_[i], (*reasons & kReasonRows[i].bit) != 0 ? 1.0 : 0.0);
  return Sampled::ok;
}

}  // namespace tacho::sampler
