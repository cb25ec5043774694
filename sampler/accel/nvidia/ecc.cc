#include "sampler/accel/nvidia/ecc.h"

#include "sampler/cells.h"

namespace tacho::sampler {
namespace {

using nvml::Code;

constexpr std::uint32_t kTotal = 100;

struct Location {
  std::uint32_t number;
  std::string_view name;
};
constexpr Location kLocations[] = {{kTotal, "total"}, {2, "dram"}, {7, "sram"}};
constexpr std::string_view kSeverities[] = {"corrected", "uncorrected"};
constexpr std::string_view kScopes[] = {"volatile", "aggregate"};
constexpr std::string_view kBanks[] = {"max", "high", "partial", "low", "none"};

std::string_view name_of(std::uint32_t location) {
  for (const Location& l : kLocations) {
    if (l.number == location) return l.name;
  }
  return "";
}

}  // namespace

std::expected<nvml::U64, Code> NvidiaEcc::read(NvidiaCard& card, const Counter& c) {
  const nvml::Functions& f = card.functions();
  if (c.location == kTotal) return card.ask<nvml::U64>(f.ecc_errors, c.severity, c.scope);
  return card.ask<nvml::U64>(f.memory_errors, c.severity, c.scope, c.location);
}

void NvidiaEcc::probe(NvidiaCard& card) {
  counters_.clear();
  for (nvml::U32 severity = 0; severity < 2; ++severity) {
    for (nvml::U32 scope = 0; scope < 2; ++scope) {
      for (const Location& l : kLocations) {
        const Counter counter{.severity = severity, .scope = scope, .location = l.number};
        const auto answer = read(card, counter);
        const std::string what = fmt::format("accel_ecc_errors_total{{severity=\"{}\",scope=\"{}\",location=\"{}\"}}",
                                             kSeverities[severity], kScopes[scope], l.name);
        if (supported(what, answer ? Code::success : answer.error())) counters_.push_back(counter);
      }
    }
  }
  const nvml::Functions& f = card.functions();
  std::array<nvml::U32, 4> rows{};
  rows_ = supported("accel_memory_remapped_rows_total", card.call(f.remapped_rows, &rows[0], &rows[1], &rows[2], &rows[3]));
  const auto banks = card.ask<nvml::RowRemapperHistogram>(f.row_remapper);
  banks_ = supported("accel_memory_remap_banks", banks ? Code::success : banks.error());
}

void NvidiaEcc::describe(const NvidiaCard& card, SchemaBuilder& builder) {
  for (Counter& c : counters_) {
    c.column = builder.add("accel_ecc_errors_total", card.labels_and({{"severity", std::string(kSeverities[c.severity])},
                                                                      {"scope", std::string(kScopes[c.scope])},
                                                                      {"location", std::string(name_of(c.location))}}));
  }
  if (rows_) {
    row_columns_ = {builder.add("accel_memory_remapped_rows_total", card.labels_and({{"cause", "corrected"}})),
                    builder.add("accel_memory_remapped_rows_total", card.labels_and({{"cause", "uncorrected"}})),
                    builder.add("accel_memory_remap_pending", card.labels()),
                    builder.add("accel_memory_remap_failed", card.labels())};
  }
  for (std::size_t i = 0; banks_ && i < bank_columns_.size(); ++i)
    bank_columns_[i] = builder.add("accel_memory_remap_banks", card.labels_and({{"spare_rows", std::string(kBanks[i])}}));
}

Sampled NvidiaEcc::sample(NvidiaCard& card, Row& row) {
  for (const Counter& c : counters_) {
    if (const auto count = read(card, c)) put(row, c.column, static_cast<double>(*count));
  }
  const nvml::Functions& f = card.functions();
  std::array<nvml::U32, 4> rows{};
  if (rows_ && card.call(f.remapped_rows, &rows[0], &rows[1], &rows[2], &rows[3]) == Code::success) {
    for (std::size_t i = 0; i < rows.size(); ++i) put(row, row_columns_[i], static_cast<double>(rows[i]));
  }
  if (!banks_) return Sampled::ok;
  if (const auto banks = card.ask<nvml::RowRemapperHistogram>(f.row_remapper)) {
    const nvml::U32 values[] = {banks->max, banks->high, banks->partial, banks->low, banks->none};
    for (std::size_t i = 0; i < std::size(values); ++i) put(row, bank_columns_[i], static_cast<double>(values[i]));
  }
  return Sampled::ok;
}

}  // namespace tacho::sampler
