#include "sampler/accel/nvidia/health.h"

#include "sampler/accel/nvidia/values.h"
#include "sampler/cells.h"

namespace tacho::sampler {
namespace {

using nvml::Code;

constexpr std::uint32_t kRecoveryAction = 230;
constexpr unsigned kRowsPerLook = 10;

}  // namespace

std::expected<bool, Code> NvidiaHealth::wants_something(NvidiaCard& card) {
  nvml::FieldValue value{.field = kRecoveryAction};
  Code code = card.call(card.functions().field_values, std::int32_t{1}, &value);
  if (code == Code::success) code = value.code;
  if (code != Code::success) return std::unexpected(code);
  const auto action = number_of(value.type, value.value);
  if (!action) return std::unexpected(Code::no_data);
  return *action != 0;
}

std::expected<bool, Code> NvidiaHealth::remap_failed(NvidiaCard& card) {
  nvml::U32 corrected = 0;
  nvml::U32 uncorrected = 0;
  nvml::U32 pending = 0;
  nvml::U32 failed = 0;
  const Code code = card.call(card.functions().remapped_rows, &corrected, &uncorrected, &pending, &failed);
  if (code != Code::success) return std::unexpected(code);
  return failed != 0;
}

void NvidiaHealth::probe(NvidiaCard& card) {
  rows_ = 0;
  fatal_seen_ = events_.fatal();
  const auto action = wants_something(card);
  const auto failed = remap_failed(card);
  action_ = action || !nvml::is_unsupported(action.error());
  remap_ = failed || !nvml::is_unsupported(failed.error());
  supported("accel_health_status", action_ || remap_ || events_.listens() ? Code::success : action.error());
}

void NvidiaHealth::describe(const NvidiaCard& card, SchemaBuilder& builder) {
  const bool known = action_ || remap_ || events_.listens();
  column_ = known ? builder.add("accel_health_status", card.labels()) : kNoColumn;
}

Sampled NvidiaHealth::sample(NvidiaCard& card, Row& row) {
  if (column_ == kNoColumn) return Sampled::ok;
  const unsigned fatal = events_.fatal();
  if (rows_++ % kRowsPerLook != 0 && fatal == fatal_seen_) return Sampled::ok;
  fatal_seen_ = fatal;
  bool fit = fatal == 0;
  if (fit && action_) {
    const auto wants = wants_something(card);
    if (!wants) return Sampled::ok;
    fit = !*wants;
  }
  if (fit && remap_) {
    const auto failed = remap_failed(card);
    if (!failed) return Sampled::ok;
    fit = !*failed;
  }
  put(row, column_, fit ? 1.0 : 0.0);
  return Sampled::ok;
}

}  // namespace tacho::sampler
