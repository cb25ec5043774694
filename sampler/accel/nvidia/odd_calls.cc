#include "sampler/accel/nvidia/odd_calls.h"

#include "sampler/cells.h"

namespace tacho::sampler {
namespace {

using nvml::Code;
using nvml::U32;

struct Engine {
  std::string_view name;
  Code (*nvml::Functions::*call)(nvml::Device, U32*, U32*);
};
constexpr Engine kEngineRows[] = {
    {"encoder", &nvml::Functions::encoder_utilization},
    {"decoder", &nvml::Functions::decoder_utilization},
    {"jpeg", &nvml::Functions::jpeg_utilization},
    {"ofa", &nvml::Functions::ofa_utilization},
};

constexpr double kPercent = 100;

constexpr std::array<std::string_view, 2> kDirections = {"transmit", "receive"};  // in the library's order
constexpr double kKilo = 1000;

// The hardware counters tell the traffic, without a wait (nvidia_gpm.h).
bool has_hardware_counters(NvidiaCard& card) {
  const auto support = card.ask<nvml::GpmSupport>(card.functions().gpm_support);
  return support && support->supported != 0;
}

}  // namespace

void NvidiaOddCalls::probe(NvidiaCard& card) {
  static_assert(std::size(kEngineRows) == kEngines);
  const nvml::Functions& f = card.functions();
  const auto bar1 = card.ask<nvml::Memory>(f.bar1_memory);
  bar1_ = supported("accel_bar1_used_bytes", bar1 ? Code::success : bar1.error());
  const auto margin = card.ask<nvml::MarginTemperature>(f.margin_temperature);
  margin_ = supported("accel_temperature_celsius{sensor=\"margin\"}", margin ? Code::success : margin.error());
  for (std::size_t i = 0; i < kEngines; ++i) {
    U32 percent = 0;
    U32 period_us = 0;
    engines_[i] = supported(fmt::format("accel_engine_utilization_ratio{{engine=\"{}\"}}", kEngineRows[i].name),
                            card.call(f.*kEngineRows[i].call, &percent, &period_us));
  }
  pcie_ = false;
  if (has_hardware_counters(card)) return;
  const auto traffic = card.ask<U32>(card.functions().pcie_throughput, U32{0});
  pcie_ = supported("accel_pcie_throughput_bytes_per_second", traffic ? Code::success : traffic.error());
}

void NvidiaOddCalls::describe(const NvidiaCard& card, SchemaBuilder& builder) {
  bar1_total_ = bar1_ ? builder.add("accel_bar1_total_bytes", card.labels()) : kNoColumn;
  bar1_used_ = bar1_ ? builder.add("accel_bar1_used_bytes", card.labels()) : kNoColumn;
  margin_column_ = margin_ ? builder.add("accel_temperature_celsius", card.labels_and({{"sensor", "margin"}})) : kNoColumn;
  for (std::size_t i = 0; i < kDirections.size(); ++i) {
    const std::string direction(kDirections[i]);
    pcie_columns_[i] =
        pcie_ ? builder.add("accel_pcie_throughput_bytes_per_second", card.labels_and({{"direction", direction}})) : kNoColumn;
  }
  for (std::size_t i = 0; i < kEngines; ++i) {
    engine_columns_[i] = kNoColumn;
    if (!engines_[i]) continue;
    engine_columns_[i] =
        builder.add("accel_engine_utilization_ratio", card.labels_and({{"engine", std::string(kEngineRows[i].name)}}));
  }
}

Sampled NvidiaOddCalls::sample(NvidiaCard& card, Row& row) {
  const nvml::Functions& f = card.functions();
  if (bar1_) {
    if (const auto memory = card.ask<nvml::Memory>(f.bar1_memory)) {
      put(row, bar1_total_, static_cast<double>(memory->total));
      put(row, bar1_used_, static_cast<double>(memory->used));
    }
  }
  if (margin_) {
    if (const auto margin = card.ask<nvml::MarginTemperature>(f.margin_temperature))
      put(row, margin_column_, 1.0 * margin->celsius);
  }
  for (std::size_t i = 0; i < kEngines; ++i) {
    U32 percent = 0;
    U32 period_us = 0;
    if (engines_[i] && card.call(f.*kEngineRows[i].call, &percent, &period_us) == Code::success)
      put(row, engine_columns_[i], percent / kPercent);
  }
  for (U32 i = 0; pcie_ && i < kDirections.size(); ++i) {
    if (const auto kilobytes = card.ask<U32>(f.pcie_throughput, i)) put(row, pcie_columns_[i], *kilobytes * kKilo);
  }
  return Sampled::ok;
}

}  // namespace tacho::sampler
