#include "query/language/typecheck.h"

#include <fmt/format.h>

#include <algorithm>

#include "query/language/functions.h"
#include "query/language/lexer.h"
#include "query/language/strings.h"

namespace tacho::query {
namespace {

const char* documented(ValueType type) {
  switch (type) {
    case ValueType::vector: return "instant vector";
    case ValueType::matrix: return "range vector";
    default: return value_type_name(type);
  }
}

class Checker {
 public:
  explicit Checker(std::string_view text) : text_(text) {}

  std::optional<QueryError> run(const Expr& expr) {
    check(expr);
    return std::move(error_);
  }

 private:
  void check(const Expr& e) {
    if (error_) return;
    if (const auto* call = e.as<Call>()) return check_call(e, *call);
    for (const Expr* child : children(e)) check(*child);
    if (error_) return;
    if (const auto* a = e.as<Aggregate>()) check_aggregate(*a);
    if (const auto* b = e.as<Binary>()) check_binary(e, *b);
    if (const auto* u = e.as<Unary>()) check_unary(e, *u);
    if (const auto* s = e.as<Subquery>()) check_subquery(e, *s);
    if (const auto* v = e.as<VectorSelector>()) check_selector(e, *v);
  }

  void fail(const Span& span, std::string_view message) {
    if (!error_) error_ = parse_error(text_, span.begin, message);
  }

  void want(const Expr& e, ValueType type, std::string_view context) {
    if (e.type != type) {
      fail(e.span, fmt::format("expected type {} in {}, got {}", documented(type), context, documented(e.type)));
    }
  }

  void check_aggregate(const Aggregate& a) {
    want(*a.expr, ValueType::vector, "aggregation expression");
    if (!a.parameter) return;
    const bool text = a.op == AggregateOp::count_values;
    want(*a.parameter, text ? ValueType::string : ValueType::scalar, "aggregation parameter");
  }

  void check_binary(const Expr& e, const Binary& b) {
    const VectorMatching& m = b.matching;
    const bool scalars = b.lhs->type == ValueType::scalar && b.rhs->type == ValueType::scalar;
    if (b.return_bool && !is_comparison(b.op)) {
      fail(b.op_span, "bool modifier can only be used on comparison operators");
    }
    if (is_comparison(b.op) && !b.return_bool && scalars) {
      fail(b.op_span, "comparisons between scalars must use BOOL modifier");
    }
    for (const std::string& label : m.labels) {
      if (m.on && std::count(m.include.begin(), m.include.end(), label) > 0) {
        fail(b.op_span, fmt::format("label {} must not occur in ON and GROUP clause at once", go_quoted(label)));
      }
    }
    for (const Expr* side : {b.lhs.get(), b.rhs.get()}) {
      if (side->type != ValueType::scalar && side->type != ValueType::vector) {
        fail(side->span, "binary expression must contain only scalar and instant vector types");
      }
    }
    check_matching(e, b);
  }

  void check_matching(const Expr& e, const Binary& b) {
    const VectorMatching& m = b.matching;
    const bool filled = m.fill_left || m.fill_right;
    if (!b.vector_vector) {
      if (!m.labels.empty()) fail(e.span, "vector matching only allowed between instant vectors");
      if (filled) fail(e.span, "filling in missing series only allowed between instant vectors");
      if (is_set_operator(b.op)) {
        fail(e.span, fmt::format("set operator {} not allowed in binary scalar expression", go_quoted(binary_name(b.op))));
      }
    } else if (is_set_operator(b.op)) {
      if (m.card != Cardinality::many_to_many) {
        fail(e.span, fmt::format("no grouping allowed for {} operation", go_quoted(binary_name(b.op))));
      }
      if (filled) fail(e.span, "filling in missing series not allowed for set operators");
    }
  }

  void check_unary(const Expr& e, const Unary& u) {
    if (u.expr->type == ValueType::scalar || u.expr->type == ValueType::vector) return;
    fail(e.span, fmt::format("unary expression only allowed on expressions of type scalar or instant vector, got {}",
                             go_quoted(documented(u.expr->type))));
  }

  void check_subquery(const Expr& e, const Subquery& s) {
    if (s.expr->type == ValueType::vector) return;
    fail(e.span, fmt::format("subquery is only allowed on instant vector, got {} instead", value_type_name(s.expr->type)));
  }

  void check_selector(const Expr& e, const VectorSelector& v) {
    const auto& ms = v.matchers;
    if (!v.name.empty()) {
      const auto twice = std::find_if(ms.begin(), ms.end() - 1, [](const auto& m) { return m.label() == kMetricName; });
      if (twice != ms.end() - 1) {
        fail(e.span, fmt::format("metric name must not be set twice: {} or {}", go_quoted(v.name), go_quoted(twice->value())));
      }
      return;
    }
    if (std::all_of(ms.begin(), ms.end(), [](const auto& m) { return m.matches(""); })) {
      fail(e.span, "vector selector must contain at least one non-empty matcher");
    }
  }

  void check_call(const Expr& e, const Call& call) {
    const Function& f = *call.function;
    check_count(e, call);
    if (error_) return;
    for (std::size_t i = 0; i < call.args.size(); ++i) {
      const Expr& arg = *call.args[i];
      const ValueType type = f.args[std::min(i, f.args.size() - 1)];
      // info()'s second argument only borrows the syntax of a selector: {a=""} is fine there.
      if (f.id == FunctionId::info && i == 1) {
        check_info_selector(arg);
      } else {
        check(arg);
      }
      want(arg, type, fmt::format("call to function {}", go_quoted(f.name)));
    }
    if (!call.args.empty()) check_extension(call);
  }

  void check_count(const Expr& e, const Call& call) {
    const Function& f = *call.function;
    const std::size_t types = f.args.size();
    const std::size_t got = call.args.size();
    if (f.variadic == 0) {
      if (got != types) fail(e.span, fmt::format("expected {} argument(s) in call to {}, got {}", types, go_quoted(f.name), got));
      return;
    }
    const std::size_t least = types - 1;
    if (got < least) {
      fail(e.span, fmt::format("expected at least {} argument(s) in call to {}, got {}", least, go_quoted(f.name), got));
    } else if (f.variadic > 0 && got > least + static_cast<std::size_t>(f.variadic)) {
      fail(e.span, fmt::format("expected at most {} argument(s) in call to {}, got {}",
                               least + static_cast<std::size_t>(f.variadic), go_quoted(f.name), got));
    }
  }

  void check_info_selector(const Expr& arg) {
    const auto* v = arg.as<VectorSelector>();
    if (!v) return fail(arg.span, "expected label selectors only");
    if (!v->name.empty() && arg.span.begin < text_.size() && text_[arg.span.begin] != '{') {
      fail(arg.span, "expected label selectors only, got vector selector instead");
    }
  }

  // Which functions may look outside their window is checked when the query runs, as in Prometheus; a range that only
  // the rate family understands must not reach others unnoticed.
  void check_extension(const Call& call) {
    for (const ExprPtr& arg : call.args) {
      const auto* m = unwrap(*arg).as<MatrixSelector>();
      const auto* v = m ? m->selector->as<VectorSelector>() : nullptr;
      if (!v || (!v->anchored && !v->smoothed)) continue;
      const FunctionId id = call.function->id;
      const bool rate = id == FunctionId::rate || id == FunctionId::increase || id == FunctionId::delta;
      const bool count = id == FunctionId::changes || id == FunctionId::resets;
      if (v->smoothed && !rate) {
        fail(arg->span,
             fmt::format("smoothed modifier can only be used with: delta, increase, rate - not with {}", call.function->name));
      } else if (v->anchored && !rate && !count) {
        fail(arg->span,
             fmt::format("anchored modifier can only be used with: changes, delta, increase, rate, resets - not with {}",
                         call.function->name));
      }
    }
  }

  std::string_view text_;
  std::optional<QueryError> error_;
};

}  // namespace

std::optional<QueryError> typecheck(const Expr& expr, std::string_view text) { return Checker(text).run(expr); }

}  // namespace tacho::query
