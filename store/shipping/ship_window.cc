#include "store/shipping/ship_window.h"

#include <algorithm>
#include <unordered_set>

#include "proto/base/utf8.h"

namespace tacho::store {
namespace {

// Under this label, the seconds are other series than the minutes of the same name.
constexpr std::string_view kResolutionLabel = "resolution";
constexpr std::string_view kSeconds = "1s";

// Gathers one window's samples.
class Packer {
 public:
  Packer(TimeMs end, const ShipRules& rules) : rules_(rules) { out_.end = end; }

  // As they go out; nullopt: not at all. Counts what is left out, `samples` of them.
  std::optional<Labels> labels_of(Labels labels, std::size_t samples = 1) {
    for (const Label& l : rules_.external_labels) {
      if (!labels.has(l.name)) labels.set(l.name, l.value);
    }
    if (!relabel(rules_.relabel, labels)) return std::nullopt;
    if (!is_shippable(labels)) {
      out_.invalid += samples;
      return std::nullopt;
    }
    // By hash alone: with 64 bits, two of a node's series collide once in some 10^12 windows, and the one is then
    // left out.
    if (!seen_.insert(labels.hash()).second) {
      out_.duplicates += samples;
      return std::nullopt;
    }
    return labels;
  }

  void add(Labels labels, double value, MetricType type, TimeMs start = 0) {
    if (auto final = labels_of(std::move(labels))) out_.samples.push_back({std::move(*final), value, type, start, out_.end});
  }

  // Each of the samples at its own time.
  void add_raw(const SeriesView& series, TimeRange range) {
    const auto from = std::lower_bound(series.times.begin(), series.times.end(), range.min) - series.times.begin();
    const auto to = std::upper_bound(series.times.begin(), series.times.end(), range.max) - series.times.begin();
    if (from >= to) return;
    Labels labels = series.labels();
    labels.set(std::string(kResolutionLabel), std::string(kSeconds));
    const auto final = labels_of(std::move(labels), static_cast<std::size_t>(to - from));
    if (!final) return;
    for (auto i = static_cast<std::size_t>(from); i < static_cast<std::size_t>(to); ++i) {
      const bool is_first = i == static_cast<std::size_t>(from);
      out_.samples.push_back(
          {is_first ? *final : Labels(), series.values[i], series.info->type, 0, series.times[i], true, !is_first});
    }
  }

  ShippedWindow finish() { return std::move(out_); }

 private:
  const ShipRules& rules_;
  std::unordered_set<std::uint64_t> seen_;
  ShippedWindow out_;
};

void add_series(const SeriesView& series, TimeMs end, const RollupDecision& decision, Packer& packer) {
  const RollupWindow window{end, decision.interval_ms};
  const std::vector<double> values = rollup(series, window, decision.outputs);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const Output& output = decision.outputs[i];
    Labels labels = series.labels();
    if (!output.own_name) labels.set(kMetricName, output_name(labels.metric_name(), output, decision.interval_ms));
    const bool is_natural = output.kind == natural_output(series.info->type);
    const MetricType type = is_natural ? series.info->type : MetricType::gauge;
    const TimeMs start = type == MetricType::counter && !is_stale(values[i]) ? counted_from(series, window) : 0;
    packer.add(std::move(labels), values[i], type, start);
  }
  if (decision.keep_raw) packer.add_raw(series, window.range());
}

void add_ratios(const Queryable& store, const RollupWindow& window, Packer& packer) {
  std::vector<GroupRows> groups = store.group_rows(window.range());
  for (GroupRows& before : store.group_rows(window.previous().range())) {
    const bool is_here = std::any_of(groups.begin(), groups.end(), [&](const GroupRows& g) { return g.group == before.group; });
    if (is_here) continue;
    before.rows = 0;
    groups.push_back(std::move(before));
  }
  for (const GroupRows& group : groups) {
    const double ratio = rows_ratio(group, window);
    if (ratio >= 0) packer.add(Labels::of(kRatioMetric, {{"source", group.group}}), ratio, MetricType::gauge);
  }
}

}  // namespace

bool is_shippable(const Labels& labels) {
  if (!is_classic_metric_name(labels.metric_name())) return false;
  return std::all_of(labels.begin(), labels.end(),
                     [](const Label& l) { return is_classic_label_name(l.name) && is_utf8(l.value); });
}

Result<ShippedWindow> make_window(const Queryable& store, TimeMs end, const ShipRules& rules) {
  Packer packer(end, rules);
  const std::int64_t usual = rules.policy.default_interval_ms();
  for (const std::int64_t interval : rules.policy.intervals()) {
    if (end % interval != 0) continue;
    const RollupWindow window{end, interval};
    const TimeRange both{window.previous().begin() + 1, end};
    // All series only over the usual interval: an hour of all of them would be more than a query may hold.
    const auto sets = rules.policy.sets_of(interval);
    const auto selection = interval == usual ? store.select({}, both, {}) : store.select_any(sets, both, {});
    if (!selection) return std::unexpected(selection.error());
    for (const SeriesView& series : selection->series) {
      const RollupDecision decision = rules.policy.of(*series.info);
      if (!decision.drop && decision.interval_ms == interval) add_series(series, end, decision, packer);
    }
  }
  if (end % usual == 0) add_ratios(store, {end, usual}, packer);
  return packer.finish();
}

Result<ShippedWindow> make_raw_window(const Queryable& store, std::span<const Matcher> matchers, TimeRange range,
                                      const ShipRules& rules) {
  Packer packer(range.max, rules);
  const auto selection = store.select(matchers, range, {});
  if (!selection) return std::unexpected(selection.error());
  for (const SeriesView& series : selection->series) packer.add_raw(series, range);
  return packer.finish();
}

}  // namespace tacho::store
