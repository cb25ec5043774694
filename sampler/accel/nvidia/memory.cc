#include "sampler/accel/nvidia/memory.h"

#include "sampler/cells.h"

namespace tacho::sampler {

void NvidiaMemory::probe(NvidiaCard& card) {
  const nvml::Functions& f = card.functions();
  way_ = Way::none;
  const auto v2 = card.ask<nvml::MemoryV2>(f.memory_v2);
  const nvml::Code code_v2 = v2 ? nvml::Code::success : v2.error();
  if (!nvml::is_unsupported(code_v2)) {
    way_ = Way::v2;
    return;
  }
  const auto v1 = card.ask<nvml::Memory>(f.memory);
  // A card without memory of its own answers 0.
  nvml::Code code = v1 ? nvml::Code::success : v1.error();
  if (v1 && v1->total == 0) code = nvml::Code::not_supported;
  if (supported("memory", code)) way_ = Way::v1;
}

void NvidiaMemory::describe(const NvidiaCard& card, SchemaBuilder& builder) {
  total_ = used_ = reserved_ = kNoColumn;
  if (way_ == Way::none) return;
  total_ = builder.add("accel_memory_total_bytes", card.labels());
  used_ = builder.add("accel_memory_used_bytes", card.labels());
  if (way_ == Way::v2) reserved_ = builder.add("accel_memory_reserved_bytes", card.labels());
}

Sampled NvidiaMemory::sample(NvidiaCard& card, Row& row) {
  const nvml::Functions& f = card.functions();
  if (way_ == Way::v2) {
    if (const auto memory = card.ask<nvml::MemoryV2>(f.memory_v2)) {
      put(row, total_, static_cast<double>(memory->total));
      put(row, used_, static_cast<double>(memory->used));
      put(row, reserved_, static_cast<double>(memory->reserved));
    }
  } else if (way_ == Way::v1) {
    if (const auto memory = card.ask<nvml::Memory>(f.memory)) {
      put(row, total_, static_cast<double>(memory->total));
      put(row, used_, static_cast<double>(memory->used));
    }
  }
  return Sampled::ok;
}

}  // namespace tacho::sampler
