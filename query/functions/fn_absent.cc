#include <map>

#include "query/functions/vector_functions.h"

namespace tacho::query {

Labels absent_labels(const Expr& argument) {
  const Expr* e = &unwrap(argument);
  if (const auto* m = e->as<MatrixSelector>()) e = m->selector.get();
  const auto* v = e->as<VectorSelector>();
  Labels out;
  if (!v) return out;
  std::map<std::string, bool> seen;
  for (const store::Matcher& m : v->matchers) {
    if (m.label() == kMetricName) continue;
    // A label that is asked for in two ways has no value that could be told.
    if (m.op() == store::MatchOp::equal && !seen[m.label()]) {
      out.set(m.label(), m.value());
      seen[m.label()] = true;
    } else {
      out.erase(m.label());
    }
  }
  return out;
}

Values absent_of(Env& env, const Expr& argument, const Matrix& in) {
  Matrix out(in.steps());
  out.add_row({env.keep(absent_labels(argument))});
  for (std::size_t i = 0; i < in.steps(); ++i) {
    bool any = false;
    for (std::size_t r = 0; r < in.rows() && !any; ++r) any = in.present(r)[i] != 0;
    out.values(0)[i] = 1;
    out.present(0)[i] = any ? 0 : 1;
  }
  out.remove_empty_rows();
  return out;
}

}  // namespace tacho::query
