#include "sampler/accel/amd/info.h"

#include <algorithm>
#include <charconv>

#include "sampler/accel/amd/kfd.h"
#include "sampler/cells.h"
#include "sampler/folders.h"
#include "sampler/short_text.h"
#include "sampler/text_scan.h"

namespace tacho::sampler {
namespace {

constexpr double kMega = 1e6;

struct Fact {
  std::string_view label;
  std::string_view file;
  bool changes;
};
constexpr Fact kFacts[] = {
    {"firmware", "vbios_version", true},
    {"serial", "serial_number", false},
    {"product", "product_number", false},
    {"memory_vendor", "mem_info_vram_vendor", false},
    {"performance_level", "power_dpm_force_performance_level", true},
    {"compute_partition", "current_compute_partition", true},
    {"memory_partition", "current_memory_partition", true},
};

struct ClockList {
  std::string_view file;
  std::string_view domain;
};
constexpr ClockList kClockLists[] = {{"pp_dpm_sclk", "core"}, {"pp_dpm_mclk", "memory"}};

}  // namespace

std::optional<double> highest_clock(std::string_view list) {
  std::optional<double> highest;
  for (Lines lines(list); lines.next();) {
    std::string_view line = lines.line();
    take_until(line, ':');
    skip_blanks(line);
    std::uint64_t mega = 0;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), mega);
    line.remove_prefix(static_cast<std::size_t>(end - line.data()));
    if (error != std::errc{} || !(line.starts_with("Mhz") || line.starts_with("MHz"))) continue;
    highest = std::max(highest.value_or(0), static_cast<double>(mega) * kMega);
  }
  return highest;
}

void AmdInfo::describe(const AmdCard& card, SchemaBuilder& builder) {
  missing_.clear();
  files_.start();
  const auto minors = list_numbered(card.folder() + "drm", "card");
  std::vector<Label> facts{{"driver", card.driver()},
                           {"driver_version", label_text(fmt::format("{}/module/{}/version", card.sysfs(), card.driver()))},
                           {"minor", minors && !minors->empty() ? minors->front().substr(4) : ""},
                           {"numa_node", card.slot().slot.numa_node}};
  for (const Fact& fact : kFacts) {
    const std::string path = card.folder() + std::string(fact.file);
    if (fact.changes) files_.watch_text(path);
    facts.push_back({std::string(fact.label), label_text(path)});
  }
  files_.constant(builder, "accel_info", card.labels_and(std::move(facts)));
  const std::vector<KfdNode> nodes = kfd_nodes(card);
  for (std::size_t i = 0; nodes.size() > 1 && i < nodes.size(); ++i) {
    files_.constant(builder, "accel_partition_info",
                    card.labels_and({{"partition", fmt::format("{}", nodes[i].partition)},
                                     {"partition_profile", label_text(card.folder() + "current_compute_partition")},
                                     {"memory_partition", label_text(card.folder() + "current_memory_partition")}}));
  }
  link_.emplace(card.folder());
  link_->describe(card, builder);
  clocks_.clear();
  for (const ClockList& list : kClockLists) {
    const ValueName name{"accel_clock_max_hertz", "domain", list.domain};
    KernelFile file(card.folder() + std::string(list.file));
    if (highest_clock(file.read().value_or(""))) {
      clocks_.push_back({std::move(file), name.add(card, builder)});
    } else {
      missing_.push_back({name, fmt::format("{} is not there, or holds no clock rate", list.file)});
    }
  }
}

Sampled AmdInfo::sample(Row& row) {
  if (files_.sample(row) == Sampled::layout_changed) return Sampled::layout_changed;
  if (link_) link_->sample(row);
  for (Clock& clock : clocks_) {
    const auto list = clock.file.read();
    if (!list) continue;
    if (const auto highest = highest_clock(*list)) put(row, clock.column, *highest);
  }
  return Sampled::ok;
}

}  // namespace tacho::sampler
