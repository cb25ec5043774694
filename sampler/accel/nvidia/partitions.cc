#include "sampler/accel/nvidia/partitions.h"

#include <algorithm>

#include "sampler/cells.h"

namespace tacho::sampler {
namespace {

using nvml::Code;

// How many there can be; 0 when the card is not partitioned.
nvml::U32 places(NvidiaCard& card) {
  const nvml::Functions& f = card.functions();
  nvml::U32 now = 0;
  nvml::U32 pending = 0;
  if (card.call(f.mig_mode, &now, &pending) != Code::success || now != 1) return 0;
  return card.ask<nvml::U32>(f.mig_count_max).value_or(0);
}

// "NVIDIA H100 80GB HBM3 MIG 1g.10gb"
std::string profile_of(std::string_view name) {
  const std::size_t at = name.rfind("MIG ");
  return at == std::string_view::npos ? std::string(name) : std::string(name.substr(at + 4));
}

}  // namespace

std::vector<Partition> list_partitions(NvidiaCard& card) {
  const nvml::Functions& f = card.functions();
  std::vector<Partition> found;
  const nvml::U32 count = places(card);
  for (nvml::U32 i = 0; i < count; ++i) {
    const auto device = card.ask<nvml::Device>(f.mig_device, i);
    if (!device) continue;  // a place that is empty, with others behind it
    const auto gpu = card.ask_of<nvml::U32>(*device, f.gpu_instance);
    if (!gpu) continue;
    const auto compute = card.ask_of<nvml::U32>(*device, f.compute_instance);
    found.push_back({.device = *device,
                     .gpu_instance = *gpu,
                     .compute_instance = compute.value_or(0),
                     .uuid = card.text_of(*device, f.uuid),
                     .profile = profile_of(card.text_of(*device, f.name))});
  }
  return found;
}

std::uint64_t PartitionWatch::print(NvidiaCard& card) {
  const nvml::Functions& f = card.functions();
  const nvml::U32 count = places(card);
  std::uint64_t print = count;
  const auto mix = [&](std::uint64_t v) { print = (print ^ v) * 0x100000001b3; };  // FNV-1a
  for (nvml::U32 i = 0; i < count; ++i) {
    const auto device = card.ask<nvml::Device>(f.mig_device, i);
    mix(device ? 1 : 0);
    if (!device) continue;
    mix(card.ask_of<nvml::U32>(*device, f.gpu_instance).value_or(~0u));
    mix(card.ask_of<nvml::U32>(*device, f.compute_instance).value_or(~0u));
  }
  return print;
}

void NvidiaPartitions::probe(NvidiaCard& card) {
  instances_.clear();
  rows_ = 0;
  watch_.look(card);
  for (Partition& p : list_partitions(card)) {
    const auto known = [&](const Instance& i) { return i.partition.gpu_instance == p.gpu_instance; };
    if (std::any_of(instances_.begin(), instances_.end(), known)) continue;
    Instance instance;
    instance.labels = {{"partition", fmt::format("{}", p.gpu_instance)}, {"partition_profile", p.profile}};
    instance.gpm = std::make_unique<NvidiaGpm>(p.gpu_instance, instance.labels);
    instance.gpm->find_out(card);
    for (const Unsupported& u : instance.gpm->unsupported()) supported(u.what, u.code);
    instance.partition = std::move(p);
    instances_.push_back(std::move(instance));
  }
}

void NvidiaPartitions::describe(const NvidiaCard& card, SchemaBuilder& builder) {
  for (Instance& i : instances_) {
    i.total = builder.add("accel_memory_total_bytes", card.labels_and(i.labels));
    i.used = builder.add("accel_memory_used_bytes", card.labels_and(i.labels));
    i.gpm->describe(card, builder);
  }
}

Sampled NvidiaPartitions::sample(NvidiaCard& card, Row& row) {
  if (++rows_ % kRowsPerLook == 0 && watch_.changed(card) && card.lost() == Code::success) {
    card.mark_changed();
    return Sampled::layout_changed;
  }
  for (Instance& i : instances_) {
    if (const auto memory = card.ask_of<nvml::Memory>(i.partition.device, card.functions().memory)) {
      put(row, i.total, static_cast<double>(memory->total));
      put(row, i.used, static_cast<double>(memory->used));
    }
    i.gpm->sample(card, row);
  }
  return Sampled::ok;
}

}  // namespace tacho::sampler
