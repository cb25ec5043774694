// Selectors and subqueries.
#include <algorithm>
#include <cmath>

#include "query/engine/eval.h"
#include "query/engine/step_samples.h"

namespace tacho::query {
namespace {

// Samples without staleness markers, where there are some.
struct CleanSamples {
  std::vector<TimeMs> times;
  std::vector<double> values;
};

std::shared_ptr<CleanSamples> without_stale(const SelectedSeries& s) {
  auto out = std::make_shared<CleanSamples>();
  for (std::size_t i = 0; i < s.times.size(); ++i) {
    if (is_stale(s.values[i])) continue;
    out->times.push_back(s.times[i]);
    out->values.push_back(s.values[i]);
  }
  return out;
}

WindowGrid window_grid(const Grid& grid, const Shift& shift, std::int64_t range) {
  return {shift.apply(grid.start), shift.fixed ? 0 : grid.step, grid.count, range};
}

}  // namespace

Values Evaluator::eval_selector(const VectorSelector& selector, const Grid& grid, bool give_times) {
  const auto shift = resolve_shift(selector.shift, env_);
  if (!shift) return std::unexpected(shift.error());
  if (selector.smoothed) return eval_smoothed(selector, grid, *shift);
  const auto& all = selections_.of(selector);
  if (auto status = env_.admit(all.size() * grid.count); !status) return std::unexpected(status.error());
  Matrix out(grid.count);
  out.reserve(all.size());
  StepSamples picks(grid, *shift, env_.lookback_ms);
  for (const SelectedSeries& s : all) {
    if (!picks.find(s.times)) continue;
    const std::size_t row = out.add_row({s.labels});
    if (!picks.copy(s, give_times, out.values(row), out.present(row))) out.drop_last_row();
  }
  return out;
}

// `metric smoothed`: between the samples around the instant; a sample alone counts as it is.
Values Evaluator::eval_smoothed(const VectorSelector& selector, const Grid& grid, const Shift& shift) {
  Matrix out(grid.count);
  for (const SelectedSeries& s : selections_.of(selector)) {
    const auto clean = without_stale(s);
    const auto& t = clean->times;
    const auto& v = clean->values;
    const std::size_t row = out.add_row({s.labels});
    for (std::size_t i = 0; i < grid.count; ++i) {
      const TimeMs at = shift.apply(grid.at(i));
      const std::size_t next = static_cast<std::size_t>(std::upper_bound(t.begin(), t.end(), at) - t.begin());
      const bool before = next > 0 && t[next - 1] > at - env_.lookback_ms;
      const bool after = next < t.size() && t[next] <= at + env_.lookback_ms;
      if (!before) continue;
      double value = v[next - 1];
      if (after && t[next - 1] != at) {
        const double part = static_cast<double>(at - t[next - 1]) / static_cast<double>(t[next] - t[next - 1]);
        value = v[next - 1] + (v[next] - v[next - 1]) * part;
      }
      out.values(row)[i] = value;
      out.present(row)[i] = 1;
    }
    if (out.row_is_empty(row)) out.drop_last_row();
  }
  return out;
}

std::expected<RangeVector, QueryError> Evaluator::eval_matrix_selector(const MatrixSelector& m, const Grid& grid) {
  const auto& selector = *m.selector->as<VectorSelector>();
  const auto shift = resolve_shift(selector.shift, env_);
  if (!shift) return std::unexpected(shift.error());
  const auto range = duration_ms(m.range, env_, false);
  if (!range) return std::unexpected(range.error());
  RangeVector out;
  out.windows = window_grid(grid, *shift, *range);
  out.lookback = env_.lookback_ms;
  out.anchored = selector.anchored;
  out.smoothed = selector.smoothed;
  const auto& all = selections_.of(selector);
  out.series.reserve(all.size());
  for (const SelectedSeries& s : all) {
    if (std::ranges::none_of(s.values, [](double v) { return is_stale(v); })) {
      out.series.push_back({{s.labels}, s.times, s.values});
      continue;
    }
    auto clean = without_stale(s);
    out.series.push_back({{s.labels}, clean->times, clean->values});
    out.owners.push_back(std::move(clean));
  }
  return out;
}

std::expected<RangeVector, QueryError> Evaluator::eval_subquery(const Subquery& s, const Grid& grid) {
  const auto shift = resolve_shift(s.shift, env_);
  if (!shift) return std::unexpected(shift.error());
  const auto range = duration_ms(s.range, env_, false);
  if (!range) return std::unexpected(range.error());
  const auto inner = subquery_grid(s, env_, grid.start, grid.last());
  if (!inner) return std::unexpected(inner.error());
  RangeVector out;
  out.windows = window_grid(grid, *shift, *range);
  if (inner->count == 0) return out;
  const auto m = eval(*s.expr, *inner);
  if (!m) return std::unexpected(m.error());
  for (std::size_t r = 0; r < m->rows(); ++r) {
    auto samples = std::make_shared<CleanSamples>();
    for (std::size_t i = 0; i < inner->count; ++i) {
      if (!m->present(r)[i]) continue;
      samples->times.push_back(inner->at(i));
      samples->values.push_back(m->values(r)[i]);
    }
    if (samples->times.empty()) continue;
    out.series.push_back({m->key(r), samples->times, samples->values});
    out.owners.push_back(std::move(samples));
  }
  return out;
}

}  // namespace tacho::query
