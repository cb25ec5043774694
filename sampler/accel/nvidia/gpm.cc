#include "sampler/accel/nvidia/gpm.h"

#include <cmath>
#include <utility>

#include "sampler/cells.h"

namespace tacho::sampler {
namespace {

using nvml::Code;

constexpr std::int64_t kSpacingMin = 100 * kNsPerMs;
constexpr nvml::U32 kBusy = 1;

struct GpmRow {
  nvml::U32 id;
  std::string_view metric;
  std::string_view label = {};
  std::string_view value = {};
  std::string_view counter = {};  // the same, summed over time
};

constexpr GpmRow kRows[] = {
    {kBusy, "accel_utilization_ratio", "", "", "accel_busy_seconds_total"},
    {2, "accel_sm_active_ratio"},
    {3, "accel_sm_occupancy_ratio"},
    {5, "accel_pipe_active_ratio", "pipe", "tensor"},
    {7, "accel_pipe_active_ratio", "pipe", "hmma"},
    {9, "accel_pipe_active_ratio", "pipe", "imma"},
    {6, "accel_pipe_active_ratio", "pipe", "dfma"},
    {11, "accel_pipe_active_ratio", "pipe", "fp64"},
    {12, "accel_pipe_active_ratio", "pipe", "fp32"},
    {13, "accel_pipe_active_ratio", "pipe", "fp16"},
    {4, "accel_pipe_active_ratio", "pipe", "int"},
    {10, "accel_memory_bandwidth_utilization_ratio"},
    {20, "accel_pcie_throughput_bytes_per_second", "direction", "transmit", "accel_pcie_transmit_bytes_total"},
    {21, "accel_pcie_throughput_bytes_per_second", "direction", "receive", "accel_pcie_receive_bytes_total"},
};

// What to multiply by for ratios and bytes a second; the library says its unit, and documents have said others. 0: an unknown one.
double scale_of(const char* unit) {
  const std::string_view text = unit ? unit : "";
  if (text == "%") return 0.01;
  if (text == "MiB/s") return 1 << 20;
  if (text == "KiB/s") return 1 << 10;
  if (text == "B/s") return 1;
  return 0;
}

}  // namespace

NvidiaGpm::~NvidiaGpm() {
  if (older_) functions_->gpm_free(older_);
  if (newer_) functions_->gpm_free(newer_);
}

Code NvidiaGpm::snapshot(NvidiaCard& card, nvml::GpmSample into) {
  const nvml::Functions& f = card.functions();
  return gpu_instance_ ? card.call(f.gpm_mig_sample, *gpu_instance_, into) : card.call(f.gpm_sample, into);
}

Code NvidiaGpm::compare(NvidiaCard& card) {
  if (card.lost() != Code::success) return card.lost();
  request_.older = older_;
  request_.newer = newer_;
  const Code code = nvml::marked(*functions_, functions_->gpm_metrics, &request_);
  card.heed(code);
  return code;
}

void NvidiaGpm::probe(NvidiaCard& card) {
  static_assert(std::size(kRows) == kMetrics && kMetrics <= nvml::GpmRequest::kMetricsMax);
  scales_.fill(0);
  taken_at_all_ = tells_activity_ = false;
  const nvml::Functions& f = card.functions();
  const std::string what = gpu_instance_ ? fmt::format("hardware counters of instance {}", *gpu_instance_) : "hardware counters";
  const auto support = card.ask<nvml::GpmSupport>(f.gpm_support);
  Code code = support ? Code::success : support.error();
  if (support && !support->supported) code = Code::not_supported;
  if (!f.gpm_alloc || !f.gpm_free || !f.gpm_metrics) code = Code::function_not_found;
  if (code == Code::success) {
    functions_ = &f;
    if (!older_) code = f.gpm_alloc(&older_);
    if (code == Code::success && !newer_) code = f.gpm_alloc(&newer_);
  }
  // Two snapshots side by side tell no values yet, but which metrics there are.
  if (code == Code::success) code = snapshot(card, older_);
  taken_ = card.clock().mono();
  if (code == Code::success) code = snapshot(card, newer_);
  request_.count = kMetrics;
  for (std::size_t i = 0; i < kMetrics; ++i) request_.metrics[i] = {.id = kRows[i].id};
  if (code == Code::success) code = compare(card);
  if (code != Code::success) {
    supported(what, code);
    return;
  }
  taken_at_all_ = true;
  for (std::size_t i = 0; i < kMetrics; ++i) {
    const nvml::GpmMetric& metric = request_.metrics[i];
    const bool known = metric.code == Code::success && metric.short_name && *metric.short_name;
    scales_[i] = known ? scale_of(metric.unit) : 0;
    if (scales_[i] == 0) supported(fmt::format("hardware counter {}", kRows[i].id), known ? Code::not_supported : metric.code);
  }
  tells_activity_ = scales_[0] != 0;
}

void NvidiaGpm::describe(const NvidiaCard& card, SchemaBuilder& builder) {
  for (std::size_t i = 0; i < kMetrics; ++i) {
    columns_[i] = sum_columns_[i] = kNoColumn;
    if (scales_[i] == 0) continue;
    std::vector<Label> labels = card.labels_and(labels_);
    if (!kRows[i].counter.empty()) sum_columns_[i] = builder.add(kRows[i].counter, labels);
    if (!kRows[i].label.empty()) labels.push_back({std::string(kRows[i].label), std::string(kRows[i].value)});
    columns_[i] = builder.add(kRows[i].metric, std::move(labels));
  }
}

Sampled NvidiaGpm::sample(NvidiaCard& card, Row& row) {
  if (!taken_at_all_) return Sampled::ok;
  if (card.clock().mono() - taken_ < kSpacingMin) return Sampled::ok;
  if (snapshot(card, newer_) != Code::success) return Sampled::ok;
  const MonoNs taken = card.clock().mono();
  if (compare(card) != Code::success) return Sampled::ok;
  const std::int64_t span = taken - taken_;
  std::swap(older_, newer_);
  taken_ = taken;
  for (std::size_t i = 0; i < kMetrics; ++i) {
    const nvml::GpmMetric& metric = request_.metrics[i];
    if (scales_[i] == 0 || metric.code != Code::success || !std::isfinite(metric.value)) continue;
    const double value = metric.value * scales_[i];
    const double steps = scales_[i] < 1 ? 1e6 : 1;
    put(row, columns_[i], std::round(value * steps) / steps);
    sums_[i] += value * static_cast<double>(span) / kNsPerSecond;
    put(row, sum_columns_[i], std::round(sums_[i] * steps) / steps);
  }
  return Sampled::ok;
}

}  // namespace tacho::sampler
