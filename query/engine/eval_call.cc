// Function calls: arguments, then the family that computes.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "query/engine/eval.h"
#include "query/engine/numeric.h"
#include "query/functions/range_functions.h"
#include "query/functions/vector_functions.h"
#include "query/language/strings.h"

namespace tacho::query {
namespace {

using F = FunctionId;

bool keeps_name(F id) { return id == F::last_over_time || id == F::first_over_time; }

bool looks_like_counter(std::string_view name) {
  return name.ends_with("_total") || name.ends_with("_sum") || name.ends_with("_count") || name.ends_with("_bucket");
}

void note_non_counter(Env& env, std::string_view name, const Span& at) {
  if (name.empty() || looks_like_counter(name)) return;
  env.notes.inform(
      fmt::format("metric might not be a counter, name does not end in _total/_sum/_count/_bucket: {}", go_quoted(name)), at);
}

Status check_factors(const RangeVector& input, F id, std::span<const double> smoothing, std::span<const double> trend) {
  if (id != F::double_exponential_smoothing || input.series.empty()) return {};
  const auto good = [](double v) { return v > 0 && v < 1; };
  for (std::size_t i = 0; i < smoothing.size(); ++i) {
    if (!good(smoothing[i])) {
      return execution_error(fmt::format("invalid smoothing factor. Expected: 0 < sf < 1, got: {:f}", smoothing[i]));
    }
    if (!good(trend[i])) return execution_error(fmt::format("invalid trend factor. Expected: 0 < tf < 1, got: {:f}", trend[i]));
  }
  return {};
}

Matrix scalar_of(const Matrix& in) {
  Matrix out = Matrix::scalar(in.steps(), normal_nan());
  for (std::size_t i = 0; i < in.steps(); ++i) {
    std::size_t found = 0;
    for (std::size_t r = 0; r < in.rows(); ++r) {
      if (!in.present(r)[i]) continue;
      ++found;
      out.values(0)[i] = in.values(r)[i];
    }
    if (found != 1) out.values(0)[i] = normal_nan();
  }
  return out;
}

}  // namespace

Values Evaluator::eval_time_function(FunctionId id, const Grid& grid) {
  Matrix m = Matrix::scalar(grid.count, std::numbers::pi);
  const auto seconds = [](std::int64_t ms) { return static_cast<double>(ms) / 1000; };
  const auto v = m.values(0);
  for (std::size_t i = 0; i < grid.count && id != F::pi; ++i) {
    switch (id) {
      case F::time: v[i] = seconds(grid.at(i)); break;
      case F::start: v[i] = seconds(env_.top.start); break;
      case F::end: v[i] = seconds(env_.top_end); break;
      case F::range: v[i] = seconds(env_.top_end - env_.top.start); break;
      default: v[i] = env_.is_range ? seconds(env_.top.step) : 0; break;
    }
  }
  return m;
}

Values Evaluator::eval_call(const Expr& expr, const Call& call, const Grid& grid) {
  const F id = call.function->id;
  if (is_range_function(id)) return eval_range_call(call, grid);
  switch (id) {
    case F::time:
    case F::pi:
    case F::start:
    case F::end:
    case F::step:
    case F::range: return eval_time_function(id, grid);
    case F::info: return eval_info(call, grid);
    case F::start_timestamp: return execution_error("not supported yet: start_timestamp()");
    default: return eval_vector_call(expr, call, grid);
  }
}

Values Evaluator::eval_range_call(const Call& call, const Grid& grid) {
  const F id = call.function->id;
  std::vector<Matrix> scalars;
  const Expr* range_arg = nullptr;
  for (const ExprPtr& arg : call.args) {
    if (arg->type == ValueType::matrix) {
      range_arg = arg.get();
      continue;
    }
    auto value = eval(*arg, grid);
    if (!value) return value;
    scalars.push_back(std::move(*value));
  }
  const auto input = eval_range(*range_arg, grid);
  if (!input) return std::unexpected(input.error());
  const std::span<const double> first = !scalars.empty() ? scalars[0].values(0) : std::span<const double>{};
  const std::span<const double> second = scalars.size() > 1 ? scalars[1].values(0) : std::span<const double>{};
  if (auto status = check_factors(*input, id, first, second); !status) return std::unexpected(status.error());
  if (auto status = env_.admit(input->series.size() * grid.count); !status) return std::unexpected(status.error());
  Matrix out(grid.count);
  out.reserve(input->series.size());
  RateWindows rate_windows(input->windows, id == F::rate);
  for (const RangeSeries& s : input->series) {
    const std::size_t row = out.add_row(s.key);
    apply_range_function({env_, id, *input, s, grid, first, second, rate_windows, out.values(row), out.present(row)});
    if (auto status = env_.check(); !status) return std::unexpected(status.error());
    if (out.row_is_empty(row)) {
      out.drop_last_row();
      continue;
    }
    if (id == F::rate || id == F::increase) note_non_counter(env_, s.key.get(kMetricName), range_arg->span);
  }
  if (id == F::absent_over_time) return absent_of(env_, *range_arg, out);
  if (id == F::quantile_over_time && out.rows() > 0) {
    for (const double q : first) {
      if (q >= 0 && q <= 1) continue;
      env_.notes.warn(fmt::format("quantile value should be between 0 and 1, got {}", go_general(q)), call.args[0]->span);
    }
  }
  if (keeps_name(id)) return out;
  if (auto status = drop_names(out); !status) return std::unexpected(status.error());
  return out;
}

Values Evaluator::eval_vector_call(const Expr& expr, const Call& call, const Grid& grid) {
  const F id = call.function->id;
  VectorCall v{env_, call, grid, expr.span, {}};
  for (const ExprPtr& arg : call.args) {
    const auto* selector = unwrap(*arg).as<VectorSelector>();
    if (arg->type == ValueType::string) {
      v.args.emplace_back();
      continue;
    }
    auto value = id == F::timestamp && selector ? eval_selector(*selector, grid, true) : eval(*arg, grid);
    if (!value) return value;
    if (id == F::timestamp && !selector) {
      for (std::size_t r = 0; r < value->rows(); ++r) {
        for (std::size_t i = 0; i < grid.count; ++i) value->values(r)[i] = static_cast<double>(grid.at(i)) / 1000;
      }
    }
    v.args.push_back(std::move(*value));
  }
  switch (id) {
    case F::timestamp:
      if (auto status = drop_names(v.args[0]); !status) return std::unexpected(status.error());
      return std::move(v.args[0]);
    case F::vector: return std::move(v.args[0]);
    case F::scalar: return scalar_of(v.args[0]);
    case F::absent: return absent_of(env_, *call.args[0], v.args[0]);
    case F::min_of:
    case F::max_of:
      for (std::size_t i = 0; i < grid.count; ++i) {
        double& a = v.args[0].values(0)[i];
        a = id == F::min_of ? go_min(a, v.scalar(1)[i]) : go_max(a, v.scalar(1)[i]);
      }
      return std::move(v.args[0]);
    case F::label_replace:
    case F::label_join: return label_family(v);
    case F::sort:
    case F::sort_desc:
    case F::sort_by_label:
    case F::sort_by_label_desc: return sort_family(v);
    default: break;
  }
  if (id >= F::histogram_quantile) return histogram_family(v);
  if (id >= F::minute && id <= F::year) return date_family(v);
  return math_family(v);
}

}  // namespace tacho::query
