#include "sampler/accel/amd/metrics.h"

#include <algorithm>
#include <cmath>

#include "sampler/cells.h"

namespace tacho::sampler {
namespace {

constexpr std::string_view kFile = "gpu_metrics";
constexpr double kBitsPerByte = 8;
constexpr double kGiga = 1e9;
// A step of half a counter's range is no step but a counter that begins anew.
constexpr std::uint32_t kHalf = 0x80000000;

std::optional<std::uint32_t> u32_at(std::span<const char> table, std::size_t offset) {
  const auto number = gpu_metrics_number(table, offset, 4);
  return number ? std::optional(static_cast<std::uint32_t>(*number)) : std::nullopt;
}

// Of the lanes of a link, together and one way.
std::optional<double> link_bytes_per_second(std::span<const char> table, std::size_t offset) {
  const auto lanes = gpu_metrics_number(table, offset, 2);
  const auto gigabits = gpu_metrics_number(table, offset + 2, 2);
  if (!lanes || !gigabits || *lanes == 0 || *gigabits == 0) return std::nullopt;
  return static_cast<double>(*lanes * *gigabits) * kGiga / kBitsPerByte;
}

std::vector<Label> link_label(const GpuMetricsField& field, unsigned n) {
  if (field.of != GpuMetricsField::Of::links) return {};
  return {{"link", fmt::format("{}", n)}};
}

}  // namespace

// False when it cannot be read.
bool AmdMetrics::read(std::span<const char>& table) {
  std::string_view text;
  if (file_->read_short(buffer_, text) != 0) return false;
  table = text;
  return true;
}

// All series that a layout can have; what was seen of the same layout before stays so, else a number that comes and goes would be a new
// layout each time.
void AmdMetrics::find_fields(const GpuMetricsLayout& layout, std::span<const char> table) {
  std::vector<Used> before = std::move(used_);
  used_.clear();
  for (const GpuMetricsField& field : which_ == Which::fast ? layout.fast : layout.slow) {
    for (unsigned n = 0; n < (field.of == GpuMetricsField::Of::links ? field.count : 1u); ++n) {
      bool seen = gpu_metrics_value(table, field, n).has_value();
      for (const Used& old : before) seen = seen || (old.field == &field && old.n == n && old.seen);
      used_.push_back({&field, n, seen});
    }
  }
}

void AmdMetrics::describe(const AmdCard& card, SchemaBuilder& builder) {
  missing_.clear();
  if (!file_) file_.emplace(card.folder() + std::string(kFile));
  layout_ = nullptr;
  speed_ = kNoColumn;
  reasons_.fill(kNoColumn);
  for (Residency& r : residencies_) r.column = kNoColumn;
  std::span<const char> table;
  if (!read(table)) {
    missing_.push_back({{kFile}, "it cannot be read now, or is not there"});
    used_.clear();
    return;
  }
  layout_ = gpu_metrics_layout(table);
  if (!layout_) {
    missing_.push_back({{kFile}, why_no_layout(table)});
    used_.clear();
    return;
  }
  find_fields(*layout_, table);
  for (Used& used : used_) {
    if (used.seen) used.column = used.field->name.add(card, builder, link_label(*used.field, used.n));
    if (!used.seen && used.n == 0) missing_.push_back({used.field->name, "gpu_metrics does not tell"});
  }
  if (which_ == Which::fast) {
    add_reasons(card, builder, table);
    missing_.push_back({{"accel_pcie_throughput_bytes_per_second"}, "gpu_metrics has it in a unit that is not known for sure"});
  } else if (layout_->link_lanes != 0 && link_bytes_per_second(table, layout_->link_lanes)) {
    speed_ = builder.add("accel_link_speed_bytes_per_second", card.labels_and({{"type", "xgmi"}}));
  }
}

void AmdMetrics::add_reasons(const AmdCard& card, SchemaBuilder& builder, std::span<const char> table) {
  const auto reasons = throttle_reasons();
  if (layout_->throttle_bits != 0 && gpu_metrics_number(table, layout_->throttle_bits, 8)) {
    for (std::size_t i = 0; i < reasons.size(); ++i)
      reasons_[i] = builder.add("accel_throttle_active", card.labels_and({{"reason", std::string(reasons[i].name)}}));
  }
  for (std::size_t i = 0; i < layout_->residencies.size(); ++i) {
    if (!u32_at(table, layout_->residencies[i].offset)) continue;
    residencies_[i].column =
        builder.add("accel_throttle_seconds_total", card.labels_and({{"reason", std::string(layout_->residencies[i].reason)}}));
  }
}

Sampled AmdMetrics::sample(Row& row) {
  std::span<const char> table;
  if (!file_ || !read(table)) return Sampled::ok;
  const GpuMetricsLayout* const layout = gpu_metrics_layout(table);
  if (!layout) return Sampled::ok;
  if (layout != layout_) return Sampled::layout_changed;
  for (Used& used : used_) {
    const auto value = gpu_metrics_value(table, *used.field, used.n);
    if (!value) continue;
    if (!used.seen) return Sampled::layout_changed;
    put(row, used.column, *value);
  }
  if (which_ == Which::fast) {
    sample_throttling(table, row);
  } else if (speed_ != kNoColumn) {
    if (const auto speed = link_bytes_per_second(table, layout_->link_lanes)) put(row, speed_, *speed);
  }
  return Sampled::ok;
}

void AmdMetrics::sample_throttling(std::span<const char> table, Row& row) {
  const auto reasons = throttle_reasons();
  if (layout_->throttle_bits != 0) {
    if (const auto bits = gpu_metrics_number(table, layout_->throttle_bits, 8)) {
      for (std::size_t i = 0; i < reasons.size(); ++i) put(row, reasons_[i], (*bits & reasons[i].bits) != 0 ? 1.0 : 0.0);
    }
  }
  if (layout_->counter != 0) count_residencies(table, row);
}

void AmdMetrics::count_residencies(std::span<const char> table, Row& row) {
  const auto counter = u32_at(table, layout_->counter);
  const auto clock_ns = gpu_metrics_number(table, layout_->clock_ns, 8);
  if (!counter || !clock_ns) return;
  const std::uint32_t ticks = last_ ? *counter - last_->counter : 0;
  const bool goes_on = last_ && ticks < kHalf && *clock_ns >= last_->clock_ns;
  for (std::size_t i = 0; i < layout_->residencies.size(); ++i) {
    const auto now = u32_at(table, layout_->residencies[i].offset);
    Residency& r = residencies_[i];
    const std::uint32_t held = now && r.last ? *now - *r.last : 0;
    // Never more than the time itself: the card was reset in between.
    if (goes_on && held != 0 && held <= ticks)
      r.seconds += static_cast<double>(held) / ticks * static_cast<double>(*clock_ns - last_->clock_ns) / kGiga;
    r.last = now;
    if (now) put(row, r.column, std::round(r.seconds * 1e6) / 1e6);
  }
  // Tables that the driver had already given have no new ticks: the next is counted from the first of them.
  if (!goes_on || ticks != 0) last_ = Last{.clock_ns = *clock_ns, .counter = *counter};
}

}  // namespace tacho::sampler
