#include "sampler/accel/ascend/errors.h"

#include <algorithm>

#include "sampler/cells.h"

namespace tacho::sampler {
namespace {

using dcmi::Code;

constexpr dcmi::U32 kDropped = 0x40f84e00;
constexpr dcmi::U32 kLinkDown = 0x81078603;
constexpr dcmi::U32 kAlwaysShown[] = {kDropped, kLinkDown};

}  // namespace

AscendErrors::Fault& AscendErrors::of(dcmi::U32 number) {
  for (Fault& fault : faults_) {
    if (fault.number == number) return fault;
  }
  return faults_.size() < kCodesMax ? faults_.emplace_back(Fault{number}) : others_;
}

// Into listed_.
Code AscendErrors::list(AscendCard& card) {
  int count = 0;
  const Code code = card.call(card.functions().error_codes, &count, listed_.data(), static_cast<dcmi::U32>(listed_.size()));
  listed_count_ = code == Code::success ? static_cast<std::size_t>(std::clamp(count, 0, static_cast<int>(kListMax))) : 0;
  return code;
}

void AscendErrors::probe(AscendCard& card) {
  there_ = supported("accel_errors_total", list(card));
  for (const dcmi::U32 number : kAlwaysShown) of(number);
}

void AscendErrors::describe(const AscendCard& card, SchemaBuilder& builder) {
  last_column_ = last_time_column_ = others_.column = kNoColumn;
  for (Fault& fault : faults_) fault.column = kNoColumn;
  if (!there_) return;
  for (Fault& fault : faults_)
    fault.column = builder.add("accel_errors_total", card.labels_and({{"code", fmt::format("{:#010x}", fault.number)}}));
  if (faults_.size() == kCodesMax) others_.column = builder.add("accel_errors_total", card.labels_and({{"code", "other"}}));
  last_column_ = builder.add("accel_last_error_code", card.labels());
  last_time_column_ = builder.add("accel_last_error_timestamp_seconds", card.labels());
}

void AscendErrors::count_raised(AscendCard& card, Fault& fault) {
  if (fault.now > fault.before && begun_) {
    fault.count += fault.now - fault.before;
    last_seconds_ = static_cast<double>(card.clock().wall_ms()) / 1000;
  }
  fault.before = fault.now;
}

Sampled AscendErrors::sample(AscendCard& card, Row& row) {
  if (!there_ || list(card) != Code::success) return Sampled::ok;
  const std::size_t shown = faults_.size();
  for (Fault& fault : faults_) fault.now = 0;
  others_.now = 0;
  for (const dcmi::U32 number : std::span(listed_).first(listed_count_)) {
    if (number == 0) continue;
    Fault& fault = of(number);
    if (++fault.now > fault.before) last_ = number;
  }
  for (Fault& fault : faults_) count_raised(card, fault);
  count_raised(card, others_);
  begun_ = true;
  if (faults_.size() != shown) return Sampled::layout_changed;
  for (const Fault& fault : faults_) put(row, fault.column, fault.count);
  put(row, others_.column, others_.count);
  put(row, last_column_, static_cast<double>(last_));
  if (last_seconds_ != 0) put(row, last_time_column_, last_seconds_);
  return Sampled::ok;
}

}  // namespace tacho::sampler
