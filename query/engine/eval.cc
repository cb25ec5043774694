#include "query/engine/eval.h"

#include <algorithm>

namespace tacho::query {
namespace {

// Functions whose value depends on the step's time even when their arguments do not.
bool depends_on_time(FunctionId id) {
  using F = FunctionId;
  switch (id) {
    case F::days_in_month:
    case F::day_of_month:
    case F::day_of_week:
    case F::day_of_year:
    case F::hour:
    case F::minute:
    case F::month:
    case F::year:
    case F::predict_linear:
    case F::time:
    case F::timestamp:
    case F::info: return true;
    default: return false;
  }
}

Matrix repeat(const Matrix& one, std::size_t steps) {
  Matrix out(steps);
  out.reserve(one.rows());
  for (std::size_t r = 0; r < one.rows(); ++r) {
    if (!one.present(r)[0]) continue;
    const std::size_t to = out.add_row(one.key(r));
    std::ranges::fill(out.values(to), one.values(r)[0]);
    std::ranges::fill(out.present(to), std::uint8_t{1});
  }
  return out;
}

}  // namespace

bool Evaluator::compute_invariant(const Expr& expr) {
  if (const auto* v = expr.as<VectorSelector>()) return v->shift.at != AtKind::none;
  if (const auto* m = expr.as<MatrixSelector>()) return is_invariant(*m->selector);
  if (const auto* s = expr.as<Subquery>()) return s->shift.at != AtKind::none;
  if (const auto* c = expr.as<Call>(); c && depends_on_time(c->function->id)) return false;
  const auto parts = children(expr);
  return std::all_of(parts.begin(), parts.end(), [this](const Expr* e) { return is_invariant(*e); });
}

bool Evaluator::is_invariant(const Expr& expr) {
  if (const auto known = invariant_.find(&expr); known != invariant_.end()) return known->second;
  const bool answer = compute_invariant(expr);
  invariant_[&expr] = answer;
  return answer;
}

Values Evaluator::eval(const Expr& expr, const Grid& grid) {
  if (auto status = env_.check(); !status) return std::unexpected(status.error());
  if (grid.count <= 1 || expr.as<NumberLiteral>() || !is_invariant(expr)) return eval_node(expr, grid);
  auto one = eval_node(expr, {grid.start, grid.step, 1});
  if (!one) return one;
  if (auto status = env_.admit(one->rows() * grid.count); !status) return std::unexpected(status.error());
  return repeat(*one, grid.count);
}

Values Evaluator::eval_node(const Expr& expr, const Grid& grid) {
  if (const auto* n = expr.as<NumberLiteral>()) return Matrix::scalar(grid.count, n->value);
  if (const auto* p = expr.as<Paren>()) return eval(*p->expr, grid);
  if (const auto* v = expr.as<VectorSelector>()) return eval_selector(*v, grid, false);
  if (const auto* u = expr.as<Unary>()) return eval_unary(*u, grid);
  if (const auto* b = expr.as<Binary>()) return eval_binary(*b, grid);
  if (const auto* a = expr.as<Aggregate>()) return eval_aggregate(expr, *a, grid);
  if (const auto* c = expr.as<Call>()) return eval_call(expr, *c, grid);
  return execution_error("not supported yet: this kind of expression here");
}

Values Evaluator::eval_unary(const Unary& unary, const Grid& grid) {
  auto m = eval(*unary.expr, grid);
  if (!m || !unary.negative) return m;
  for (std::size_t r = 0; r < m->rows(); ++r) {
    for (double& v : m->values(r)) v = -v;
  }
  if (unary.expr->type == ValueType::scalar) return m;
  if (auto status = drop_names(*m); !status) return std::unexpected(status.error());
  return m;
}

std::expected<RangeVector, QueryError> Evaluator::eval_range(const Expr& expr, const Grid& grid) {
  const Expr& e = unwrap(expr);
  if (const auto* m = e.as<MatrixSelector>()) return eval_matrix_selector(*m, grid);
  return eval_subquery(*e.as<Subquery>(), grid);
}

}  // namespace tacho::query
