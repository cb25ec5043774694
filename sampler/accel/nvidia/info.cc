#include "sampler/accel/nvidia/info.h"

#include <array>

#include "sampler/cells.h"

namespace tacho::sampler {

using nvml::Code;

void NvidiaInfo::probe(NvidiaCard& card) {
  const nvml::Functions& f = card.functions();
  const auto number = [&](auto function) {
    const auto answer = card.ask<nvml::U32>(function);
    return answer ? fmt::format("{}", *answer) : std::string();
  };
  std::array<char, 128> gsp{};
  // The only text whose call is not told how long the buffer is; its documentation says 64.
  if (card.call(f.gsp_firmware_version, gsp.data()) != Code::success) gsp[0] = 0;
  facts_ = {{"driver_version", nvml::versions(f).driver},
            {"firmware", card.text(f.vbios_version)},
            {"gsp_firmware", gsp.data()},
            {"serial", card.text(f.serial)},
            {"minor", number(f.minor_number)},
            {"module_id", number(f.module_id)},
            {"numa_node", card.slot().numa_node}};
  partitions_ = list_partitions(card);
  watch_.look(card);
  nvml::U32 now = 0;
  nvml::U32 pending = 0;
  ecc_ = supported("accel_ecc_enabled", card.call(f.ecc_mode, &now, &pending));
}

void NvidiaInfo::describe(const NvidiaCard& card, SchemaBuilder& builder) {
  columns_.clear();
  ecc_column_ = kNoColumn;
  columns_.push_back(builder.add("accel_info", card.labels_and(facts_)));
  for (const Partition& p : partitions_) {
    columns_.push_back(
        builder.add("accel_partition_info", card.labels_and({{"partition", fmt::format("{}", p.gpu_instance)},
                                                             {"partition_profile", p.profile},
                                                             {"partition_uuid", p.uuid},
                                                             {"compute_instance", fmt::format("{}", p.compute_instance)}})));
  }
  if (ecc_) ecc_column_ = builder.add("accel_ecc_enabled", card.labels());
}

Sampled NvidiaInfo::sample(NvidiaCard& card, Row& row) {
  if (watch_.changed(card) && card.lost() == Code::success) {
    card.mark_changed();
    return Sampled::layout_changed;
  }
  for (const std::size_t column : columns_) put(row, column, 1.0);
  nvml::U32 now = 0;
  nvml::U32 pending = 0;
  if (ecc_ && card.call(card.functions().ecc_mode, &now, &pending) == Code::success) put(row, ecc_column_, now == 1 ? 1.0 : 0.0);
  return Sampled::ok;
}

}  // namespace tacho::sampler
