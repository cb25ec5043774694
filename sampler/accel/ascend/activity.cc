#include "sampler/accel/ascend/activity.h"

#include <algorithm>

#include "sampler/cells.h"

namespace tacho::sampler {

using dcmi::Code;
using dcmi::RateType;

void AscendActivity::probe(AscendCard& card) {
  const auto rates = card.ask<dcmi::MultiRates>(card.functions().multi_rates);
  there_ = supported("utilization each tick", rates ? Code::success : rates.error());
}

void AscendActivity::describe(const AscendCard& card, SchemaBuilder& builder) {
  npu_ = aicore_ = vector_ = kNoColumn;
  cube_ = {kNoColumn, kNoColumn};
  if (!there_) return;
  npu_ = builder.add("accel_utilization_ratio", card.labels());
  aicore_ = builder.add("accel_engine_utilization_ratio", card.labels_and({{"engine", "aicore"}}));
  vector_ = builder.add("accel_engine_utilization_ratio", card.labels_and({{"engine", "vector"}}));
  cube_ = {builder.add("accel_engine_utilization_ratio", card.labels_and({{"engine", "cube"}})),
           builder.add("accel_pipe_active_ratio", card.labels_and({{"pipe", "tensor"}}))};
}

Sampled AscendActivity::sample(AscendCard& card, Row& row) {
  if (!there_) return Sampled::ok;
  if (const auto rates = card.ask<dcmi::MultiRates>(card.functions().multi_rates)) {
    put(row, npu_, dcmi::share(rates->npu));
    put(row, aicore_, dcmi::share(rates->aicore));
    put(row, vector_, dcmi::share(rates->vector));
    for (const std::size_t column : cube_) put(row, column, dcmi::share(rates->cube));
  }
  return Sampled::ok;
}

const AscendRates::Rate AscendRates::kMulti[] = {
    {RateType::npu, {"accel_utilization_ratio"}},
    {RateType::aicore, {"accel_engine_utilization_ratio", "engine", "aicore"}},
    {RateType::vector, {"accel_engine_utilization_ratio", "engine", "vector"}},
    {RateType::cube, {"accel_engine_utilization_ratio", "engine", "cube"}, {"accel_pipe_active_ratio", "pipe", "tensor"}},
};
const AscendRates::Rate AscendRates::kSingle[] = {
    {RateType::aicpu, {"accel_engine_utilization_ratio", "engine", "aicpu"}},
    {RateType::control_cpu, {"accel_engine_utilization_ratio", "engine", "ctrlcpu"}},
};
// Of chips without on-chip memory; the others tell it with the memory (ascend_memory.h).
const AscendRates::Rate AscendRates::kBandwidth[] = {
    {RateType::memory_bandwidth, {"accel_memory_bandwidth_utilization_ratio"}},
};

void AscendRates::look_for(AscendCard& card, std::span<const Rate> rates) {
  for (const Rate& rate : rates) {
    const auto answer = card.ask<dcmi::U32>(card.functions().rate, rate.type);
    if (supported(rate.name.text(), answer ? Code::success : answer.error())) used_.push_back({&rate});
  }
}

void AscendRates::probe(AscendCard& card) {
  used_.clear();
  next_ = 0;
  const auto multi = card.ask<dcmi::MultiRates>(card.functions().multi_rates);
  const bool alone = !multi && is_unsupported(multi.error());
  if (alone) look_for(card, kMulti);
  first_always_ = alone && !used_.empty();
  look_for(card, kSingle);
  const auto hbm = card.ask<dcmi::HbmInfo>(card.functions().hbm_info);
  if (!hbm && is_unsupported(hbm.error())) look_for(card, kBandwidth);
}

void AscendRates::describe(const AscendCard& card, SchemaBuilder& builder) {
  for (Used& used : used_) {
    used.column = used.rate->name.add(card, builder);
    used.also = used.rate->also.metric.empty() ? kNoColumn : used.rate->also.add(card, builder);
  }
}

void AscendRates::read(AscendCard& card, const Used& used, Row& row) {
  const auto percent = card.ask<dcmi::U32>(card.functions().rate, used.rate->type);
  if (!percent) return;
  put(row, used.column, dcmi::share(*percent));
  put(row, used.also, dcmi::share(*percent));
}

Sampled AscendRates::sample(AscendCard& card, Row& row) {
  const std::size_t kept = first_always_ ? 1 : 0;
  if (kept > 0) read(card, used_.front(), row);
  const std::size_t others = used_.size() - kept;
  for (std::size_t n = 0; n < std::min(others, kRatesPerRow - kept); ++n) read(card, used_[kept + next_++ % others], row);
  return Sampled::ok;
}

}  // namespace tacho::sampler
