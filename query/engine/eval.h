// Evaluates a tree over a grid of instants: every node once, for all steps together.
//
// Threads  one query, one thread.
// Errors   execution (data that the query cannot be asked of, limits), timeout, canceled.
// Cost     see Matrix; nodes that are the same at every step (under @) are evaluated at one.
#pragma once

#include <unordered_map>

#include "query/engine/env.h"
#include "query/engine/selection.h"
#include "query/functions/windows.h"
#include "query/language/functions.h"

namespace tacho::query {

class Evaluator {
 public:
  Evaluator(Env& env, Selections& selections) : env_(env), selections_(selections) {}

  // Requires: expr is a scalar or an instant vector.
  Values eval(const Expr& expr, const Grid& grid);
  // Requires: expr is a range vector.
  std::expected<RangeVector, QueryError> eval_range(const Expr& expr, const Grid& grid);

 private:
  using Args = std::span<const ExprPtr>;

  // eval.cc
  Values eval_node(const Expr& expr, const Grid& grid);
  Values eval_unary(const Unary& unary, const Grid& grid);
  bool is_invariant(const Expr& expr);
  bool compute_invariant(const Expr& expr);

  // eval_selector.cc
  Values eval_selector(const VectorSelector& selector, const Grid& grid, bool give_times);
  Values eval_smoothed(const VectorSelector& selector, const Grid& grid, const Shift& shift);
  std::expected<RangeVector, QueryError> eval_matrix_selector(const MatrixSelector& m, const Grid& grid);
  std::expected<RangeVector, QueryError> eval_subquery(const Subquery& s, const Grid& grid);

  // eval_aggregate.cc
  Values eval_aggregate(const Expr& expr, const Aggregate& aggregate, const Grid& grid);

  // eval_binary.cc
  Values eval_binary(const Binary& binary, const Grid& grid);

  // eval_call.cc
  Values eval_call(const Expr& expr, const Call& call, const Grid& grid);
  Values eval_time_function(FunctionId id, const Grid& grid);
  Values eval_range_call(const Call& call, const Grid& grid);
  Values eval_vector_call(const Expr& expr, const Call& call, const Grid& grid);
  Values eval_info(const Call& call, const Grid& grid);

  Env& env_;
  Selections& selections_;
  std::unordered_map<const Expr*, bool> invariant_;
};

}  // namespace tacho::query
