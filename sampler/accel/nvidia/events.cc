#include "sampler/accel/nvidia/events.h"

#include <algorithm>
#include <utility>

#include "sampler/cells.h"

namespace tacho::sampler {
namespace {

using nvml::Code;

constexpr int kEventsPerTickMax = 256;

// 48 ECC, 61 62 firmware, 63 64 rows remapped, 74 NVLink, 79 off the bus, 92 94 95 ECC rates and containment, 119 120 firmware silent,
// 140 ECC unrecovered, 143 link training; and 13 31 43 45, which a program's own errors bring about.
constexpr nvml::U64 kAlwaysShown[] = {13, 31, 43, 45, 48, 61, 62, 63, 64, 74, 79, 92, 94, 95, 119, 120, 140, 143};
// After these the card does nothing that can be trusted until it is reset.
constexpr nvml::U64 kFatal[] = {62, 79, 95, 119, 120, 140};

}  // namespace

NvidiaEvents::~NvidiaEvents() { close(); }

void NvidiaEvents::close() {
  if (set_) functions_->event_set_free(set_);
  set_ = nullptr;
}

NvidiaEvents::Xid& NvidiaEvents::of(nvml::U64 number) {
  for (Xid& xid : xids_) {
    if (xid.number == number) return xid;
  }
  return xids_.emplace_back(Xid{number});
}

void NvidiaEvents::probe(NvidiaCard& card) {
  const nvml::Functions& f = card.functions();
  // A set of this finding of the card stays: what is in it now is still to be counted.
  if (set_ && binding_ == card.binding()) return;
  close();
  binding_ = card.binding();
  fatal_ = 0;
  const auto types = card.ask<nvml::U64>(f.supported_events);
  Code code = types ? Code::success : types.error();
  if (types && (*types & nvml::kEventXid) == 0) code = Code::not_supported;
  if (!f.event_set_create || !f.event_set_free || !f.event_wait) code = Code::function_not_found;
  if (code == Code::success) {
    functions_ = &f;
    code = f.event_set_create(&set_);
    if (code != Code::success) set_ = nullptr;
  }
  if (code == Code::success) code = card.call(f.register_events, *types & (nvml::kEventXid | nvml::kEventPartitions), set_);
  if (code != Code::success) {
    close();
    supported("accel_errors_total", code);
    return;
  }
  for (const nvml::U64 number : kAlwaysShown) of(number);
}

void NvidiaEvents::describe(const NvidiaCard& card, SchemaBuilder& builder) {
  last_column_ = last_time_column_ = kNoColumn;
  for (Xid& xid : xids_) xid.column = kNoColumn;
  if (!set_) return;
  for (Xid& xid : xids_)
    xid.column = builder.add("accel_errors_total", card.labels_and({{"code", fmt::format("{}", xid.number)}}));
  last_column_ = builder.add("accel_last_error_code", card.labels());
  last_time_column_ = builder.add("accel_last_error_timestamp_seconds", card.labels());
}

Sampled NvidiaEvents::sample(NvidiaCard& card, Row& row) {
  if (!set_) return Sampled::ok;
  const std::size_t shown = xids_.size();
  for (int n = 0; n < kEventsPerTickMax && card.lost() == Code::success; ++n) {
    nvml::EventData event{};
    const Code code = nvml::marked(*functions_, functions_->event_wait, set_, &event, nvml::U32{0});
    card.heed(code);
    if (code != Code::success) break;
    if (event.type == nvml::kEventPartitions) card.mark_changed();
    if (event.type != nvml::kEventXid) continue;
    ++of(event.data).count;
    if (std::find(std::begin(kFatal), std::end(kFatal), event.data) != std::end(kFatal)) ++fatal_;
    last_ = event.data;
    last_seconds_ = static_cast<double>(card.clock().wall_ms()) / 1000;
  }
  if (xids_.size() != shown) return Sampled::layout_changed;
  for (const Xid& xid : xids_) put(row, xid.column, xid.count);
  put(row, last_column_, static_cast<double>(last_));
  if (last_seconds_ != 0) put(row, last_time_column_, last_seconds_);
  return Sampled::ok;
}

}  // namespace tacho::sampler
