#include "sampler/accel/ascend/ecc.h"

#include "sampler/cells.h"

namespace tacho::sampler {
namespace {

using dcmi::Code;
using dcmi::EccInfo;
using dcmi::EccType;

struct Errors {
  dcmi::U32 EccInfo::* count;
  std::string_view severity, scope;
};
constexpr Errors kErrors[] = {
    {&EccInfo::single, "corrected", "volatile"},
    {&EccInfo::twofold, "uncorrected", "volatile"},
    {&EccInfo::total_single, "corrected", "aggregate"},
    {&EccInfo::total_double, "uncorrected", "aggregate"},
};
struct Pages {
  dcmi::U32 EccInfo::* count;
  std::string_view cause;
};
constexpr Pages kPages[] = {{&EccInfo::single_pages, "corrected"}, {&EccInfo::double_pages, "uncorrected"}};

}  // namespace

bool AscendEcc::look_for(AscendCard& card, EccType type, std::string_view location) {
  const auto info = card.ask<EccInfo>(card.functions().ecc_info, type);
  const std::string what = fmt::format("accel_ecc_errors_total{{location=\"{}\"}}", location);
  if (!supported(what, info ? Code::success : info.error())) return false;
  memories_.push_back({.type = type, .dram = location == "dram"});
  return true;
}

void AscendEcc::probe(AscendCard& card) {
  memories_.clear();
  if (!look_for(card, EccType::hbm, "dram")) look_for(card, EccType::ddr, "dram");
  look_for(card, EccType::sram, "sram");
}

void AscendEcc::describe(const AscendCard& card, SchemaBuilder& builder) {
  for (Memory& m : memories_) {
    for (std::size_t i = 0; i < std::size(kErrors); ++i) {
      m.errors[i] = builder.add("accel_ecc_errors_total", card.labels_and({{"severity", std::string(kErrors[i].severity)},
                                                                           {"scope", std::string(kErrors[i].scope)},
                                                                           {"location", m.dram ? "dram" : "sram"}}));
    }
    m.pages = {kNoColumn, kNoColumn};
    m.enabled = kNoColumn;
    if (!m.dram) continue;
    for (std::size_t i = 0; i < std::size(kPages); ++i) {
      m.pages[i] = builder.add("accel_memory_retired_pages_total", card.labels_and({{"cause", std::string(kPages[i].cause)}}));
    }
    m.enabled = builder.add("accel_ecc_enabled", card.labels());
  }
}

Sampled AscendEcc::sample(AscendCard& card, Row& row) {
  for (const Memory& m : memories_) {
    const auto info = card.ask<EccInfo>(card.functions().ecc_info, m.type);
    if (!info) continue;
    for (std::size_t i = 0; i < std::size(kErrors); ++i) put(row, m.errors[i], dcmi::number((*info).*kErrors[i].count));
    for (std::size_t i = 0; i < std::size(kPages); ++i) put(row, m.pages[i], dcmi::number((*info).*kPages[i].count));
    if (info->enabled == 0 || info->enabled == 1) put(row, m.enabled, 1.0 * info->enabled);
  }
  return Sampled::ok;
}

}  // namespace tacho::sampler
