#include "sampler/accel/ascend/memory.h"

#include "sampler/cells.h"

namespace tacho::sampler {
namespace {

using dcmi::Code;

std::optional<double> hertz(dcmi::U32 mhz) {
  constexpr double kMega = 1e6;
  const auto value = dcmi::number(mhz);
  return value ? std::optional(*value * kMega) : std::nullopt;
}

}  // namespace

void AscendMemory::probe(AscendCard& card) {
  const dcmi::Functions& f = card.functions();
  const auto hbm = card.ask<dcmi::HbmInfo>(f.hbm_info);
  way_ = Way::hbm;
  if (supported("on-chip memory", hbm ? Code::success : hbm.error())) return;
  const auto ddr = card.ask<dcmi::MemoryInfo>(f.memory_info);
  way_ = supported("accel_memory_used_bytes", ddr ? Code::success : ddr.error()) ? Way::ddr : Way::none;
}

void AscendMemory::describe(const AscendCard& card, SchemaBuilder& builder) {
  total_ = used_ = clock_ = temperature_ = bandwidth_ = kNoColumn;
  if (way_ == Way::none) return;
  total_ = builder.add("accel_memory_total_bytes", card.labels());
  used_ = builder.add("accel_memory_used_bytes", card.labels());
  clock_ = builder.add("accel_clock_hertz", card.labels_and({{"domain", "memory"}}));
  if (way_ != Way::hbm) return;
  temperature_ = builder.add("accel_temperature_celsius", card.labels_and({{"sensor", "memory"}}));
  bandwidth_ = builder.add("accel_memory_bandwidth_utilization_ratio", card.labels());
}

Sampled AscendMemory::sample(AscendCard& card, Row& row) {
  const dcmi::Functions& f = card.functions();
  if (way_ == Way::hbm) {
    if (const auto hbm = card.ask<dcmi::HbmInfo>(f.hbm_info)) {
      put(row, total_, dcmi::bytes(hbm->total_mib));
      put(row, used_, dcmi::bytes(hbm->used_mib));
      put(row, clock_, hertz(hbm->mhz));
      put(row, temperature_, dcmi::sensor(hbm->celsius));
      put(row, bandwidth_, dcmi::share(hbm->bandwidth_percent));
    }
  } else if (way_ == Way::ddr) {
    if (const auto ddr = card.ask<dcmi::MemoryInfo>(f.memory_info)) {
      put(row, total_, dcmi::bytes(ddr->total_mib));
      if (ddr->available_mib <= ddr->total_mib) put(row, used_, dcmi::bytes(ddr->total_mib - ddr->available_mib));
      put(row, clock_, hertz(ddr->mhz));
    }
  }
  return Sampled::ok;
}

}  // namespace tacho::sampler
