#include "tools/top/fleet/node.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "proto/base/number.h"

namespace tacho::tools {
namespace {

constexpr std::int64_t kStepMs = 1000;
constexpr std::uint64_t kSlowFactsEvery = 60;  // looks
constexpr std::int64_t kAgainMs = 3000;        // seconds that are asked again: a source may answer after its tick
// A Prometheus that scrapes node_exporter has no series of tacho's own.
constexpr const char* kNewest = "max(timestamp(tacho_process_cpu_seconds_total)) or max(timestamp(node_load1))";
constexpr std::string_view kMetricLabel = "tacho_fleet_metric";

std::string seconds(TimeMs t) {
  std::string out;
  append_seconds(out, t);
  return out;
}

TimeMs second_of(TimeMs t) { return (t + kStepMs - 1) / kStepMs * kStepMs; }

// The middle one of the distances between samples.
std::int64_t interval_of(const query::Points& points) {
  std::vector<std::int64_t> distances;
  for (std::size_t i = 1; i < points.size(); ++i) distances.push_back(points[i].t - points[i - 1].t);
  if (distances.empty()) return kStepMs;
  const auto middle = distances.begin() + static_cast<std::ptrdiff_t>(distances.size() / 2);
  std::nth_element(distances.begin(), middle, distances.end());
  return std::max<std::int64_t>(*middle, 1);
}

}  // namespace

FleetHistory::FleetHistory() {
  for (auto& v : values) v.assign(kFleetSeconds, std::numeric_limits<double>::quiet_NaN());
}

std::optional<double> FleetHistory::now(FleetMetric metric) const {
  const double v = of(metric).back();
  return std::isnan(v) ? std::nullopt : std::optional(v);
}

void FleetHistory::move_to(TimeMs new_end) {
  const std::int64_t by = (new_end - end) / kStepMs;
  for (auto& v : values) {
    if (by < 0 || by >= static_cast<std::int64_t>(v.size())) {
      std::fill(v.begin(), v.end(), std::numeric_limits<double>::quiet_NaN());
    } else {
      std::fill(std::move(v.begin() + by, v.end(), v.begin()), v.end(), std::numeric_limits<double>::quiet_NaN());
    }
  }
  end = new_end;
}

void FleetHistory::set(FleetMetric metric, TimeMs t, double v) {
  const std::int64_t back = (end - t) / kStepMs;
  if (t > end || back >= static_cast<std::int64_t>(kFleetSeconds)) return;
  values[static_cast<std::size_t>(metric)][kFleetSeconds - 1 - static_cast<std::size_t>(back)] = v;
}

Result<void> FleetNode::find_slow_facts() {
  for (const char* probe : {"tacho_process_cpu_seconds_total[2m]", "node_load1[2m]"}) {
    const auto samples = ask_("/api/v1/query", {{"query", probe}});
    if (!samples) return std::unexpected(samples.error());
    if (samples->series.empty()) continue;
    interval_ms_ = interval_of(samples->series.front().points);
    break;
  }
  const auto name = ask_("/api/v1/query", {{"query", "node_uname_info"}});
  if (!name) return std::unexpected(name.error());
  if (!name->series.empty()) own_name_ = name->series.front().labels.get("nodename");
  return {};
}

// All metrics in one request: each one's series gets a label with its number, and `or` unites them.
Result<void> FleetNode::fill(FleetHistory& history, TimeMs from) {
  std::string text;
  for (std::size_t i = 0; i < kFleetMetrics; ++i) {
    text += fmt::format("{}label_replace({}, \"{}\", \"{}\", \"\", \"\")", i == 0 ? "" : " or ",
                        fleet_expression(static_cast<FleetMetric>(i), interval_ms_), kMetricLabel, i);
  }
  const auto all = ask_("/api/v1/query_range",
                        {{"query", text}, {"start", seconds(from)}, {"end", seconds(history.end)}, {"step", seconds(kStepMs)}});
  if (!all) return std::unexpected(all.error());
  for (const query::ResultSeries& s : all->series) {
    const auto number = parse_int(s.labels.get(kMetricLabel));
    if (!number || *number < 0 || static_cast<std::size_t>(*number) >= kFleetMetrics) continue;
    for (const Sample& p : s.points) {
      if (std::isfinite(p.v)) history.set(static_cast<FleetMetric>(*number), p.t, p.v);
    }
  }
  return {};
}

Result<void> FleetNode::look() {
  const auto newest = ask_("/api/v1/query", {{"query", kNewest}});
  if (!newest) return std::unexpected(newest.error());
  if (looks_ % kSlowFactsEvery == 0) {
    if (auto ok = find_slow_facts(); !ok) return ok;
  }
  ++looks_;
  if (newest->series.empty() || newest->series.front().points.empty()) {
    sample_age_ms_.reset();
    return {};
  }
  const Sample s = newest->series.front().points.back();  // the value is the sample's time, the point's the node's own
  const auto sample_ms = static_cast<TimeMs>(std::llround(s.v * 1000));
  FleetHistory next = history_ ? *history_ : FleetHistory();
  const TimeMs end = second_of(sample_ms);
  const TimeMs first = end - static_cast<TimeMs>(kFleetSeconds - 1) * kStepMs;
  const TimeMs from = history_ && history_->end <= end ? std::max(first, history_->end - kAgainMs) : first;
  next.move_to(end);
  if (auto ok = fill(next, from); !ok) return ok;
  history_ = std::make_shared<const FleetHistory>(std::move(next));
  sample_age_ms_ = std::max<std::int64_t>(0, s.t - sample_ms);
  return {};
}

}  // namespace tacho::tools
