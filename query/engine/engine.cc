#include "query/engine/engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <numeric>

#include "query/engine/env.h"
#include "query/engine/eval.h"
#include "query/language/parser.h"

namespace tacho::query {
namespace {

std::unexpected<QueryError> bad_data(std::string message) {
  return std::unexpected(QueryError{ErrorKind::bad_data, std::move(message), {}});
}

// 11000 -> "11,000".
std::string grouped(std::size_t v) { return v < 1000 ? std::to_string(v) : fmt::format("{},{:03}", grouped(v / 1000), v % 1000); }

Env make_env(std::string_view text, const EngineOptions& options, const CallOptions& call) {
  Env env(text);
  env.lookback_ms = call.lookback_ms > 0 ? call.lookback_ms : options.lookback_ms;
  env.subquery_step_ms = std::max<std::int64_t>(1, options.subquery_step_ms);
  env.samples_max = call.samples_max > 0 ? std::min(call.samples_max, options.samples_max) : options.samples_max;
  if (call.samples_max > 0) env.select_slack = std::min(env.select_slack, call.samples_max);
  env.series_max = options.series_max;
  env.memory_max = options.memory_max;
  env.stop = call.stop;
  env.timeout_ms = options.timeout_ms;
  if (call.timeout_ms > 0 && (env.timeout_ms <= 0 || call.timeout_ms < env.timeout_ms)) env.timeout_ms = call.timeout_ms;
  if (env.timeout_ms > 0)
    env.deadline_ns = static_cast<std::int64_t>(system_clock().mono()) + (env.timeout_ms - call.waited_ms) * kNsPerMs;
  return env;
}

std::uint64_t steps_of(TimeMs start, TimeMs end, std::int64_t step_ms) {
  return (static_cast<std::uint64_t>(end) - static_cast<std::uint64_t>(start)) / static_cast<std::uint64_t>(step_ms);
}

Points points_of(const Matrix& m, std::size_t row, const Grid& grid) {
  const auto values = m.values(row);
  const auto present = m.present(row);
  if (std::memchr(present.data(), 0, present.size()) == nullptr) return {grid.start, grid.step, values};
  Points out;
  out.reserve(static_cast<std::size_t>(std::count(present.begin(), present.end(), std::uint8_t{1})));
  for (std::size_t i = 0; i < grid.count; ++i) {
    if (present[i]) out.push_back({grid.at(i), values[i]});
  }
  return out;
}

void add_series(QueryResult& result, const Matrix& m, const Grid& grid, bool by_labels) {
  std::vector<std::size_t> order(m.rows());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto before = [&m](std::size_t a, std::size_t b) { return labels_less(m.key(a), m.key(b)); };
  if (by_labels && !std::is_sorted(order.begin(), order.end(), before)) std::sort(order.begin(), order.end(), before);
  result.series.reserve(order.size());
  for (const std::size_t r : order) {
    if (m.row_is_empty(r)) continue;
    result.series.push_back({m.key(r).to_labels(), points_of(m, r, grid)});
  }
}

// The samples of a range vector asked for as such: foo[5m].
void add_windows(QueryResult& result, const RangeVector& v) {
  for (const RangeSeries& s : v.series) {
    for_each_window(s, v.windows, [&](std::size_t, std::size_t lo, std::size_t hi) {
      ResultSeries& out = result.series.emplace_back(ResultSeries{s.key.to_labels(), {}});
      for (std::size_t i = lo; i < hi; ++i) out.points.push_back({s.times[i], s.values[i]});
    });
  }
  std::sort(result.series.begin(), result.series.end(),
            [](const ResultSeries& a, const ResultSeries& b) { return a.labels < b.labels; });
}

Result evaluate(const store::Queryable& store, Env& env, const Expr& expr) {
  Selections selections(env);
  if (auto status = env.check(); !status) return std::unexpected(status.error());
  if (auto status = selections.plan(expr, env.top.start, env.top.last()); !status) return std::unexpected(status.error());
  if (auto status = selections.run(store); !status) return std::unexpected(status.error());
  Evaluator evaluator(env, selections);
  QueryResult result;
  result.at = env.top.start;
  result.type = env.is_range ? ValueType::matrix : expr.type;
  if (const auto* text = unwrap(expr).as<StringLiteral>()) {
    result.text = text->value;
  } else if (expr.type == ValueType::matrix) {
    const auto range = evaluator.eval_range(expr, env.top);
    if (!range) return std::unexpected(range.error());
    add_windows(result, *range);
  } else {
    const auto values = evaluator.eval(expr, env.top);
    if (!values) return std::unexpected(values.error());
    add_series(result, *values, env.top, env.is_range);
  }
  result.warnings = std::move(env.notes.warnings);
  result.infos = std::move(env.notes.infos);
  result.stats = env.stats;
  return result;
}

}  // namespace

Result Engine::instant(const store::Queryable& store, std::string_view text, TimeMs at, const CallOptions& call) const {
  const auto expr = parse_expr(text);
  if (!expr) return std::unexpected(expr.error());
  Env env = make_env(text, options_, call);
  env.top = {at, 1, 1};
  env.top_end = at;
  return evaluate(store, env, **expr);
}

Result Engine::range(const store::Queryable& store, std::string_view text, TimeMs start, TimeMs end, std::int64_t step_ms,
                     const CallOptions& call) const {
  if (auto ok = check_steps(start, end, step_ms); !ok) return std::unexpected(ok.error());
  auto query = prepare(text);
  if (!query) return std::unexpected(std::move(query.error()));
  return range(store, *query, start, end, step_ms, call);
}

std::expected<void, QueryError> Engine::check_steps(TimeMs start, TimeMs end, std::int64_t step_ms) const {
  if (step_ms <= 0) return bad_data("zero or negative query resolution step widths are not accepted. Try a positive integer");
  if (end < start) return bad_data("end timestamp must not be before start time");
  if (steps_of(start, end, step_ms) > options_.steps_max) {
    return bad_data(fmt::format(
        "exceeded maximum resolution of {} points per timeseries. Try decreasing the query resolution (?step=XX), or raise "
        "query.steps_max",
        grouped(options_.steps_max)));
  }
  return {};
}

Result Engine::range(const store::Queryable& store, const PreparedQuery& query, TimeMs start, TimeMs end, std::int64_t step_ms,
                     const CallOptions& call) const {
  if (auto ok = check_steps(start, end, step_ms); !ok) return std::unexpected(ok.error());
  const ValueType type = query.expr->type;
  if (type != ValueType::vector && type != ValueType::scalar) {
    return bad_data(fmt::format("invalid expression type \"{}\" for range query, must be Scalar or instant Vector",
                                type == ValueType::matrix ? "range vector" : value_type_name(type)));
  }
  Env env = make_env(query.text, options_, call);
  env.top = {start, step_ms, static_cast<std::size_t>(steps_of(start, end, step_ms)) + 1};
  env.top_end = end;
  env.is_range = true;
  return evaluate(store, env, *query.expr);
}

std::expected<ParsedExpr, QueryError> parse(std::string_view text) {
  auto expr = parse_expr(text);
  if (!expr) return std::unexpected(std::move(expr.error()));
  return ParsedExpr(std::move(*expr));
}

std::expected<PreparedQuery, QueryError> prepare(std::string_view text) {
  auto expr = parse(text);
  if (!expr) return std::unexpected(std::move(expr.error()));
  return PreparedQuery{std::string(text), std::move(*expr)};
}

std::expected<std::vector<store::Matcher>, QueryError> parse_matchers(std::string_view text) {
  auto expr = parse_expr(text);
  if (!expr) return std::unexpected(std::move(expr.error()));
  auto* v = (*expr)->as<VectorSelector>();
  if (!v || v->shift.has_offset || v->shift.at != AtKind::none || v->smoothed) {
    return bad_data(fmt::format("1:1: parse error: expected a metric selector, such as up{{job=\"x\"}}, got {}", text));
  }
  return std::move(v->matchers);
}

}  // namespace tacho::query
