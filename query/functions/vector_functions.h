// The functions of instant vectors and scalars, a family a file.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "query/engine/env.h"
#include "query/language/functions.h"

namespace tacho::query {

// A call with its arguments evaluated.
struct VectorCall {
  Env& env;
  const Call& call;
  const Grid& grid;
  Span span;
  std::vector<Matrix> args;  // empty for strings

  FunctionId id() const { return call.function->id; }
  std::size_t count() const { return call.args.size(); }
  // Requires: argument i is a string.
  const std::string& text(std::size_t i) const { return unwrap(*call.args[i]).as<StringLiteral>()->value; }
  // Requires: argument i is a scalar. Its value at each step.
  std::span<const double> scalar(std::size_t i) const { return args[i].values(0); }
  const Span& arg_span(std::size_t i) const { return call.args[i]->span; }
};

Values math_family(VectorCall& call);       // abs ... atanh, deg, rad, sgn, round, clamp*
Values date_family(VectorCall& call);       // minute ... year
Values label_family(VectorCall& call);      // label_replace, label_join
Values sort_family(VectorCall& call);       // sort, sort_desc, sort_by_label, sort_by_label_desc
Values histogram_family(VectorCall& call);  // histogram_quantile, histogram_quantiles, histogram_fraction; the native ones

// One row with 1 where `in` has nothing; its labels are those that the selector fixes with =.
Values absent_of(Env& env, const Expr& argument, const Matrix& in);
Labels absent_labels(const Expr& argument);

}  // namespace tacho::query
