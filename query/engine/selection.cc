#include "query/engine/selection.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace tacho::query {
namespace {

using Seconds = std::expected<double, QueryError>;

Seconds evaluate(const DurationExpr& e, const Env& env) {
  using Op = DurationExpr::Op;
  if (e.op == Op::literal) return e.value;
  if (e.op == Op::step) return env.is_range ? static_cast<double>(env.top.step) / 1000 : 0.0;
  if (e.op == Op::range) return static_cast<double>(env.top_end - env.top.start) / 1000;
  const Seconds rhs = evaluate(*e.rhs, env);
  if (!rhs) return rhs;
  if (e.op == Op::negate) return -*rhs;
  const Seconds lhs = evaluate(*e.lhs, env);
  if (!lhs) return lhs;
  const double a = *lhs, b = *rhs;
  if (b == 0 && e.op == Op::div) return execution_error("division by zero");
  if (b == 0 && e.op == Op::mod) return execution_error("modulo by zero");
  switch (e.op) {
    case Op::add: return a + b;
    case Op::sub: return a - b;
    case Op::mul: return a * b;
    case Op::div: return a / b;
    case Op::mod: return std::fmod(a, b);
    case Op::pow: return std::pow(a, b);
    case Op::min_of: return std::min(a, b);
    default: return std::max(a, b);
  }
}

std::int64_t floor_div(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

constexpr TimeMs kTimeMax = 9'000'000'000'000'000'000;
TimeMs clamped(TimeMs t, std::int64_t delta) {
  TimeMs out = 0;
  if (__builtin_add_overflow(t, delta, &out)) return delta < 0 ? -kTimeMax : kTimeMax;
  return std::clamp(out, -kTimeMax, kTimeMax);
}

}  // namespace

std::expected<std::int64_t, QueryError> duration_ms(const Duration& d, const Env& env, bool may_be_negative) {
  if (!d.expr) return d.ms;
  const Seconds seconds = evaluate(*d.expr, env);
  if (!seconds) return std::unexpected(seconds.error());
  if (!(*seconds > 0) && !may_be_negative) return execution_error("duration must be greater than 0");
  const double ms = std::trunc(*seconds * 1000);
  if (!(std::fabs(ms) < 4.6e18)) return execution_error("duration is out of range");
  return static_cast<std::int64_t>(ms);
}

std::expected<Shift, QueryError> resolve_shift(const TimeShift& shift, const Env& env) {
  Shift out;
  out.fixed = shift.at != AtKind::none;
  out.at = shift.at == AtKind::start ? env.top.start : shift.at == AtKind::end ? env.top_end : shift.at_ms;
  const auto offset = duration_ms(shift.offset, env, true);
  if (!offset) return std::unexpected(offset.error());
  out.offset = *offset;
  return out;
}

std::expected<Grid, QueryError> subquery_grid(const Subquery& s, const Env& env, TimeMs first, TimeMs last) {
  const auto shift = resolve_shift(s.shift, env);
  if (!shift) return std::unexpected(shift.error());
  const auto range = duration_ms(s.range, env, false);
  if (!range) return std::unexpected(range.error());
  std::int64_t step = env.subquery_step_ms;
  if (s.has_step) {
    const auto given = duration_ms(s.step, env, false);
    if (!given) return std::unexpected(given.error());
    step = std::max<std::int64_t>(*given, 1);
  }
  const TimeMs after = clamped(shift->apply(first), -*range);
  Grid g;
  g.step = step;
  g.start = step * floor_div(after, step);
  if (g.start <= after) g.start += step;
  const TimeMs end = shift->apply(last);
  g.count = end < g.start ? 0 : static_cast<std::size_t>((end - g.start) / step) + 1;
  return g;
}

Status Selections::plan(const Expr& expr, TimeMs first, TimeMs last) {
  if (const auto* v = expr.as<VectorSelector>()) {
    return want(*v, first, last, env_.lookback_ms, v->smoothed ? env_.lookback_ms : 0, first == last && !v->smoothed);
  }
  if (const auto* m = expr.as<MatrixSelector>()) {
    const auto& v = *m->selector->as<VectorSelector>();
    const auto range = duration_ms(m->range, env_, false);
    if (!range) return std::unexpected(range.error());
    const bool extended = v.anchored || v.smoothed;
    return want(v, first, last, *range + (extended ? env_.lookback_ms : 0), v.smoothed ? env_.lookback_ms : 0, false);
  }
  if (const auto* s = expr.as<Subquery>()) return plan_subquery(*s, first, last);
  if (const auto* call = expr.as<Call>(); call && call->function->id == FunctionId::info) {
    // The second argument is no selector of its own.
    return plan(*call->args[0], first, last);
  }
  for (const Expr* child : children(expr)) {
    if (auto status = plan(*child, first, last); !status) return status;
  }
  return {};
}

Status Selections::plan_subquery(const Subquery& s, TimeMs first, TimeMs last) {
  const auto grid = subquery_grid(s, env_, first, last);
  if (!grid) return std::unexpected(grid.error());
  if (grid->count == 0) return plan(*s.expr, grid->start, grid->start);
  if (grid->count > env_.samples_max) return env_.admit(grid->count);
  return plan(*s.expr, grid->start, grid->last());
}

Status Selections::want(const VectorSelector& selector, TimeMs first, TimeMs last, std::int64_t before, std::int64_t after,
                        bool newest) {
  const auto shift = resolve_shift(selector.shift, env_);
  if (!shift) return std::unexpected(shift.error());
  // Left-open: a sample exactly `before` old is out.
  const store::TimeRange range{clamped(shift->apply(first), 1 - before), clamped(shift->apply(last), after)};
  std::string text;
  for (const store::Matcher& m : selector.matchers) text += m.to_string() + ",";
  const auto [at, fresh] = by_text_.try_emplace(text, wanted_.size());
  if (!fresh) {
    Wanted& use = wanted_[at->second];
    store::TimeRange& old = use.range;
    if (range.min <= old.max && old.min <= range.max) {
      // The newest of a longer range may not be in this one.
      use.newest = use.newest && newest && old.min == range.min && old.max == range.max;
      old = {std::min(old.min, range.min), std::max(old.max, range.max)};
      by_selector_[&selector] = at->second;
      return {};
    }
    // Far from the other use: the time between them is not fetched.
    at->second = wanted_.size();
  }
  by_selector_[&selector] = wanted_.size();
  wanted_.push_back({selector.matchers, range, newest, {}});
  return {};
}

std::expected<std::vector<SelectedSeries>, QueryError> Selections::select(const store::Queryable& store,
                                                                          std::span<const store::Matcher> matchers,
                                                                          store::TimeRange range, bool newest) {
  std::vector<SelectedSeries> out;
  if (range.empty()) return out;
  store::SelectLimits limits = env_.select_limits();
  limits.newest = newest;
  auto selection = store.select(matchers, range, limits);
  if (!selection) return execution_error(selection.error().message);
  out.reserve(selection->series.size());
  kept_.push_back(std::move(*selection));
  const store::Selection& kept = kept_.back();
  for (const store::SeriesView& s : kept.series) out.push_back({&s.labels(), s.times, s.values});
  env_.stats.series_selected += out.size();
  if (env_.stats.series_selected > env_.series_max) {
    return execution_error(fmt::format(
        "the query selects more than {} series (query.series_max); ask for fewer, or raise the limit", env_.series_max));
  }
  env_.stats.samples_selected += kept.samples;
  if (auto status = env_.keep_samples(kept.samples); !status) return std::unexpected(status.error());
  return out;
}

Status Selections::run(const store::Queryable& store) {
  store_ = &store;
  for (Wanted& w : wanted_) {
    auto series = select(store, w.matchers, w.range, w.newest);
    if (!series) return std::unexpected(series.error());
    w.series = std::move(*series);
  }
  return {};
}

const std::vector<SelectedSeries>& Selections::of(const VectorSelector& selector) const {
  return wanted_[by_selector_.at(&selector)].series;
}

}  // namespace tacho::query
