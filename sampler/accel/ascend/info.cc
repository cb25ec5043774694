#include "sampler/accel/ascend/info.h"

#include <algorithm>

#include "sampler/cells.h"

namespace tacho::sampler {

using dcmi::Code;

void AscendInfo::probe(AscendCard& card) {
  const dcmi::Functions& f = card.functions();
  const auto chip = card.ask<dcmi::ChipInfo>(f.chip_info);
  const auto label = card.ask<dcmi::Label>(f.label);
  facts_ = {{"driver_version", dcmi::versions(f).driver},
            {"serial", label ? text_of(label->serial) : ""},
            {"product", label ? text_of(label->product) : ""},
            {"chip_version", chip ? text_of(chip->version) : ""},
            {"aicores", chip ? fmt::format("{}", chip->aicores) : ""}};
  link_.reset();
  if (!card.pci_bus_id().empty()) {
    link_.emplace(fmt::format("{}/bus/pci/devices/{}", sysfs_, card.pci_bus_id()));
    if (card.pci_bus_id() == card.slot().pci_bus_id) facts_.push_back({"numa_node", card.slot().numa_node});
  }
  if (card.device().v2) return facts_.push_back({"logical_id", fmt::format("{}", card.device().device)});
  int logical = 0;
  dcmi::U32 physical = 0;
  if (!f.logic_id || f.logic_id(&logical, card.device().card, card.device().device) != Code::success || logical < 0) return;
  facts_.push_back({"logical_id", fmt::format("{}", logical)});
  if (f.physical_id && f.physical_id(static_cast<dcmi::U32>(logical), &physical) == Code::success)
    facts_.push_back({"physical_id", fmt::format("{}", physical)});
}

void AscendInfo::describe(const AscendCard& card, SchemaBuilder& builder) {
  column_ = builder.add("accel_info", card.labels_and(facts_));
  if (link_) link_->describe(card, builder);
}

Sampled AscendInfo::sample(AscendCard&, Row& row) {
  put(row, column_, 1.0);
  if (link_) link_->sample(row);
  return Sampled::ok;
}

Code AscendProcesses::list(AscendCard& card) {
  std::array<dcmi::ProcessInfo, 2 * dcmi::kProcessesMax> list{};  // it is not told how much room there is
  int count = 0;
  processes_.clear();
  const Code code = card.call(card.functions().processes, list.data(), &count);
  if (code != Code::success) return code;
  const auto listed = static_cast<std::size_t>(std::clamp(count, 0, static_cast<int>(dcmi::kProcessesMax)));
  for (const dcmi::ProcessInfo& p : std::span(list).first(listed)) {
    if (p.pid > 0) processes_.add({.pid = static_cast<std::uint32_t>(p.pid), .memory_bytes = p.memory_bytes});
  }
  processes_.merge();
  return code;
}

void AscendProcesses::probe(AscendCard& card) { there_ = supported("accel_processes", list(card)); }

void AscendProcesses::describe(const AscendCard& card, SchemaBuilder& builder) {
  if (there_) processes_.describe(card, builder);
}

Sampled AscendProcesses::sample(AscendCard& card, Row& row) {
  if (!there_ || list(card) != Code::success) return Sampled::ok;
  if (processes_.changed()) return Sampled::layout_changed;
  processes_.put_into(row);
  return Sampled::ok;
}

}  // namespace tacho::sampler
