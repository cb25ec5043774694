#include "sampler/accel/nvidia/values.h"

#include <algorithm>
#include <cmath>

#include "sampler/cells.h"

namespace tacho::sampler {
namespace {

using nvml::Code;

std::expected<nvml::U32, Code> read(NvidiaCard& card, const CallRow& row) {
  const nvml::Functions& f = card.functions();
  return row.plain ? card.ask<nvml::U32>(f.*row.plain) : card.ask<nvml::U32>(f.*row.indexed, row.argument);
}

}  // namespace

void NvidiaCalls::probe(NvidiaCard& card) {
  used_.clear();
  ticks_ = 0;
  for (const CallRow& row : rows_) {
    const auto answer = read(card, row);
    if (supported(row.name.text(), answer ? Code::success : answer.error())) used_.push_back({&row});
  }
}

void NvidiaCalls::describe(const NvidiaCard& card, SchemaBuilder& builder) {
  for (Used& used : used_) used.column = used.row->name.add(card, builder);
}

Sampled NvidiaCalls::sample(NvidiaCard& card, Row& row) {
  if (ticks_++ % every_ != 0) return Sampled::ok;
  for (const Used& used : used_) {
    if (const auto answer = read(card, *used.row))
      put(row, used.column, static_cast<double>(*answer) * used.row->factor / used.row->divisor);
  }
  return Sampled::ok;
}

std::optional<double> number_of(nvml::ValueType type, const nvml::Value& value) {
  double number = NAN;
  switch (type) {
    case nvml::ValueType::f64: number = value.f64; break;
    case nvml::ValueType::u32: number = value.u32; break;
    case nvml::ValueType::ulong:
    case nvml::ValueType::u64: number = static_cast<double>(value.u64); break;
    case nvml::ValueType::i64: number = static_cast<double>(value.i64); break;
    case nvml::ValueType::i32: number = value.i32; break;
    case nvml::ValueType::u16: number = value.u16; break;
  }
  if (std::isnan(number)) return std::nullopt;
  return number;
}

void NvidiaFields::probe(NvidiaCard& card) {
  used_.clear();
  asked_.clear();
  for (const FieldRow& row : rows_) {
    if (std::any_of(used_.begin(), used_.end(), [&](const Used& u) { return u.row->name == row.name; })) continue;
    nvml::FieldValue value{.field = row.field, .scope = row.scope};
    Code code = card.call(card.functions().field_values, std::int32_t{1}, &value);
    if (code == Code::success) code = value.code;
    if (!supported(row.name.text(), code)) continue;
    used_.push_back({&row});
    asked_.push_back(value);
  }
}

void NvidiaFields::describe(const NvidiaCard& card, SchemaBuilder& builder) {
  for (Used& used : used_) used.column = used.row->name.add(card, builder);
}

Sampled NvidiaFields::sample(NvidiaCard& card, Row& row) {
  if (used_.empty()) return Sampled::ok;
  for (nvml::FieldValue& value : asked_) value.code = Code::no_data;
  if (card.call(card.functions().field_values, static_cast<std::int32_t>(asked_.size()), asked_.data()) != Code::success)
    return Sampled::ok;
  for (std::size_t i = 0; i < used_.size(); ++i) {
    card.heed(asked_[i].code);
    if (asked_[i].code != Code::success) continue;
    if (const auto number = number_of(asked_[i].type, asked_[i].value))
      put(row, used_[i].column, *number * used_[i].row->factor / used_[i].row->divisor);
  }
  return Sampled::ok;
}

}  // namespace tacho::sampler
