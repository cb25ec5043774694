#include "query/language/ast.h"

#include <array>

namespace tacho::query {
namespace {

constexpr std::array<const char*, 14> kAggregates{"sum",      "avg",          "min",    "max",        "count",
                                                  "group",    "stddev",       "stdvar", "topk",       "bottomk",
                                                  "quantile", "count_values", "limitk", "limit_ratio"};
constexpr std::array<const char*, 18> kBinary{
    "+", "-", "*", "/", "%", "^", "atan2", "==", "!=", "<", "<=", ">", ">=", "and", "or", "unless", "</", ">/"};

}  // namespace

const char* aggregate_name(AggregateOp op) { return kAggregates[static_cast<std::size_t>(op)]; }

std::optional<AggregateOp> aggregate_of(std::string_view lower_case_name) {
  for (std::size_t i = 0; i < kAggregates.size(); ++i) {
    if (kAggregates[i] == lower_case_name) return static_cast<AggregateOp>(i);
  }
  return std::nullopt;
}

bool takes_parameter(AggregateOp op) { return op >= AggregateOp::topk; }

const char* binary_name(BinaryOp op) { return kBinary[static_cast<std::size_t>(op)]; }

bool is_comparison(BinaryOp op) { return op >= BinaryOp::eq && op <= BinaryOp::ge; }

bool is_set_operator(BinaryOp op) { return op == BinaryOp::land || op == BinaryOp::lor || op == BinaryOp::lunless; }

const Expr& unwrap(const Expr& expr) {
  const Expr* e = &expr;
  while (const auto* paren = e->as<Paren>()) e = paren->expr.get();
  return *e;
}

std::vector<const Expr*> children(const Expr& expr) {
  std::vector<const Expr*> out;
  const auto add = [&out](const ExprPtr& e) {
    if (e) out.push_back(e.get());
  };
  if (const auto* m = expr.as<MatrixSelector>()) add(m->selector);
  if (const auto* s = expr.as<Subquery>()) add(s->expr);
  if (const auto* u = expr.as<Unary>()) add(u->expr);
  if (const auto* p = expr.as<Paren>()) add(p->expr);
  if (const auto* c = expr.as<Call>()) {
    for (const ExprPtr& arg : c->args) add(arg);
  }
  if (const auto* a = expr.as<Aggregate>()) {
    add(a->parameter);
    add(a->expr);
  }
  if (const auto* b = expr.as<Binary>()) {
    add(b->lhs);
    add(b->rhs);
  }
  return out;
}

std::string line_column(std::string_view text, std::size_t offset) {
  std::size_t line = 1;
  std::size_t line_start = 0;
  for (std::size_t i = 0; i < offset && i < text.size(); ++i) {
    if (text[i] != '\n') continue;
    ++line;
    line_start = i + 1;
  }
  return std::to_string(line) + ":" + std::to_string(offset - line_start + 1);
}

}  // namespace tacho::query
