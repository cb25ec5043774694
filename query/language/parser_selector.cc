// Selectors with their matchers, the modifiers after them, and durations.
#include <fmt/format.h>

#include <cmath>

#include "query/language/parser_impl.h"
#include "query/language/strings.h"

namespace tacho::query {
namespace {

constexpr double kMsMax = 9.2e18;  // what an int64 of milliseconds holds, roughly

std::optional<store::MatchOp> match_op(TokenKind kind) {
  switch (kind) {
    case TokenKind::assign: return store::MatchOp::equal;
    case TokenKind::not_equal: return store::MatchOp::not_equal;
    case TokenKind::regex_match: return store::MatchOp::regex;
    case TokenKind::regex_not_match: return store::MatchOp::not_regex;
    default: return std::nullopt;
  }
}

struct DurationOperator {
  DurationExpr::Op op;
  int precedence;
};

std::optional<DurationOperator> duration_operator(TokenKind kind) {
  switch (kind) {
    case TokenKind::add: return DurationOperator{DurationExpr::Op::add, 1};
    case TokenKind::sub: return DurationOperator{DurationExpr::Op::sub, 1};
    case TokenKind::mul: return DurationOperator{DurationExpr::Op::mul, 2};
    case TokenKind::div: return DurationOperator{DurationExpr::Op::div, 2};
    case TokenKind::mod: return DurationOperator{DurationExpr::Op::mod, 2};
    case TokenKind::pow: return DurationOperator{DurationExpr::Op::pow, 3};
    default: return std::nullopt;
  }
}

TimeShift* shift_of(Expr& e) {
  if (auto* v = e.as<VectorSelector>()) return &v->shift;
  if (auto* m = e.as<MatrixSelector>()) return &m->selector->as<VectorSelector>()->shift;
  if (auto* s = e.as<Subquery>()) return &s->shift;
  return nullptr;
}

}  // namespace

ExprPtr Parser::parse_selector() {
  VectorSelector s;
  const std::size_t begin = peek().span.begin;
  std::optional<Token> name;
  if (is(TokenKind::word)) name = take();
  if (is(TokenKind::left_brace) && !parse_matchers(s)) return nullptr;
  if (name && !set_name(s, *name)) return nullptr;
  if (!s.name.empty()) s.matchers.push_back(store::Matcher::equal(std::string(kMetricName), s.name));
  return make({begin, last_end()}, ValueType::vector, std::move(s));
}

bool Parser::set_name(VectorSelector& selector, const Token& token) {
  if (!selector.name.empty()) {
    return fail(token.span.begin,
                fmt::format("metric name must not be set twice: {} or {}", go_quoted(token.text), go_quoted(selector.name)));
  }
  selector.name = token.text;
  return true;
}

bool Parser::parse_matchers(VectorSelector& selector) {
  take();
  while (!accept(TokenKind::right_brace)) {
    if (!parse_matcher(selector)) return false;
    if (is(TokenKind::right_brace)) continue;
    if (!expect(TokenKind::comma, "label matching", "\",\" or \"}\"")) return false;
  }
  return true;
}

bool Parser::parse_matcher(VectorSelector& selector) {
  const Token label = peek();
  const bool is_name = label.kind == TokenKind::word && is_classic_label_name(label.text);
  if (!is_name && label.kind != TokenKind::string) return unexpected("label matching", "identifier or \"}\"");
  take();
  const auto op = match_op(peek().kind);
  if (!op && label.kind == TokenKind::string) {
    // A quoted string alone is the metric's name.
    return is(TokenKind::comma) || is(TokenKind::right_brace) ? set_name(selector, label)
                                                              : unexpected("label matching", "label matching operator");
  }
  if (!op) return unexpected("label matching", "label matching operator");
  take();
  if (!is(TokenKind::string)) return unexpected("label matching", "string");
  auto matcher = store::Matcher::create(label.text, *op, take().text);
  if (!matcher) return fail(label.span.begin, matcher.error().message);
  selector.matchers.push_back(std::move(*matcher));
  return true;
}

ExprPtr Parser::parse_brackets(ExprPtr expr) {
  const std::size_t bracket = take().span.begin;
  Duration range;
  if (!parse_duration(range)) return nullptr;
  if (accept(TokenKind::colon)) {
    Subquery s;
    s.range = std::move(range);
    s.has_step = !is(TokenKind::right_bracket);
    if (s.has_step && !parse_duration(s.step)) return nullptr;
    if (!expect(TokenKind::right_bracket, "subquery selector", "\"]\"")) return nullptr;
    const std::size_t begin = expr->span.begin;
    s.expr = std::move(expr);
    return make({begin, last_end()}, ValueType::matrix, std::move(s));
  }
  if (!expect(TokenKind::right_bracket, "subquery or range", "\":\" or \"]\"")) return nullptr;
  const auto* v = expr->as<VectorSelector>();
  const char* problem = !v                            ? "ranges only allowed for vector selectors"
                        : v->shift.has_offset         ? "no offset modifiers allowed before range"
                        : v->shift.at != AtKind::none ? "no @ modifiers allowed before range"
                                                      : nullptr;
  if (problem) {
    fail(bracket, problem);
    return nullptr;
  }
  const std::size_t begin = expr->span.begin;
  return make({begin, last_end()}, ValueType::matrix, MatrixSelector{std::move(expr), std::move(range)});
}

bool Parser::parse_offset(Expr& expr) {
  take();
  TimeShift* shift = shift_of(expr);
  if (!shift) {
    return fail(expr.span.begin,
                "offset modifier must be preceded by an instant vector selector or range vector selector or a subquery");
  }
  if (shift->has_offset) return fail(expr.span.begin, "offset may not be set multiple times");
  shift->has_offset = true;
  if (!parse_offset_duration(shift->offset)) return false;
  expr.span.end = last_end();
  return true;
}

bool Parser::parse_at(Expr& expr) {
  take();
  TimeShift* shift = shift_of(expr);
  if (!shift) {
    return fail(expr.span.begin,
                "@ modifier must be preceded by an instant vector selector or range vector selector or a subquery");
  }
  if (shift->at != AtKind::none) return fail(expr.span.begin, "@ <timestamp> may not be set multiple times");
  if (is_word("start") || is_word("end")) {
    shift->at = take().lower == "start" ? AtKind::start : AtKind::end;
    if (!expect(TokenKind::left_paren, "@", "\"(\"") || !expect(TokenKind::right_paren, "@", "\")\"")) return false;
  } else {
    const bool negative = is(TokenKind::sub);
    if (negative || is(TokenKind::add)) take();
    if (!is(TokenKind::number) && !is(TokenKind::duration)) return unexpected("@", "timestamp");
    const double seconds = negative ? -peek().number : peek().number;
    if (!(std::fabs(seconds) * 1000 < kMsMax)) {
      return fail(peek().span.begin, fmt::format("timestamp out of bounds for @ modifier: {}", go_general(seconds)));
    }
    take();
    shift->at = AtKind::timestamp;
    shift->at_ms = static_cast<TimeMs>(std::llround(seconds * 1000));
  }
  expr.span.end = last_end();
  return true;
}

bool Parser::parse_extension(Expr& expr) {
  const Token word = take();
  auto* m = expr.as<MatrixSelector>();
  auto* v = m ? m->selector->as<VectorSelector>() : expr.as<VectorSelector>();
  if (!v) return fail(expr.span.begin, fmt::format("{} modifier not implemented for this expression", word.lower));
  if (v->anchored || v->smoothed) return fail(word.span.begin, "anchored and smoothed modifiers may be set only once");
  if (word.lower == "anchored") {
    if (!m) return fail(expr.span.begin, "anchored modifier is only allowed on range vector selectors");
    v->anchored = true;
  } else {
    v->smoothed = true;
  }
  expr.span.end = last_end();
  return true;
}

bool Parser::parse_duration(Duration& out) {
  const Token at = peek();
  auto e = parse_duration_expr(1);
  if (!e || !fold(std::move(e), out, at)) return false;
  if (!out.expr && out.ms <= 0) return fail(at.span.begin, "duration must be greater than 0");
  return true;
}

// After offset an operator would belong to the expression around it, so only a sign and one operand are taken.
bool Parser::parse_offset_duration(Duration& out) {
  const Token at = peek();
  if (!is(TokenKind::add) && !is(TokenKind::sub)) return fold(parse_duration_operand(), out, at);
  const bool negative = take().kind == TokenKind::sub;
  auto operand = parse_duration_operand();
  if (operand && negative) {
    auto n = std::make_unique<DurationExpr>();
    n->op = DurationExpr::Op::negate;
    n->rhs = std::move(operand);
    operand = std::move(n);
  }
  return fold(std::move(operand), out, at);
}

// A literal, signed or not, becomes plain milliseconds.
bool Parser::fold(std::unique_ptr<DurationExpr> expr, Duration& out, const Token& at) {
  if (!expr) return false;
  const bool negated = expr->op == DurationExpr::Op::negate;
  const DurationExpr& literal = negated ? *expr->rhs : *expr;
  if (literal.op != DurationExpr::Op::literal || literal.parenthesised || expr->parenthesised) {
    out.expr = std::move(expr);
    return true;
  }
  const double ms = literal.value * 1000;
  if (!(std::fabs(ms) < kMsMax)) return fail(at.span.begin, "duration out of range");
  out.ms = static_cast<std::int64_t>(std::llround(ms)) * (negated ? -1 : 1);
  return true;
}

std::unique_ptr<DurationExpr> Parser::parse_duration_expr(int least_precedence) {
  const bool sign = is(TokenKind::add) || is(TokenKind::sub);
  std::unique_ptr<DurationExpr> lhs;
  if (sign) {
    const bool negative = take().kind == TokenKind::sub;
    lhs = parse_duration_expr(3);
    if (lhs && negative) {
      auto n = std::make_unique<DurationExpr>();
      n->op = DurationExpr::Op::negate;
      n->rhs = std::move(lhs);
      lhs = std::move(n);
    }
  } else {
    lhs = parse_duration_operand();
  }
  while (lhs) {
    const auto op = duration_operator(peek().kind);
    if (!op || op->precedence < least_precedence) break;
    take();
    auto e = std::make_unique<DurationExpr>();
    e->op = op->op;
    e->lhs = std::move(lhs);
    e->rhs = parse_duration_expr(op->op == DurationExpr::Op::pow ? 3 : op->precedence + 1);
    if (!e->rhs) return nullptr;
    lhs = std::move(e);
  }
  return lhs;
}

std::unique_ptr<DurationExpr> Parser::parse_duration_operand() {
  if (++depth_ > kDepthMax) {
    fail(peek().span.begin, fmt::format("expression is nested deeper than {} levels", kDepthMax));
    return nullptr;
  }
  std::unique_ptr<DurationExpr> e;
  if (is(TokenKind::number) || is(TokenKind::duration)) {
    e = std::make_unique<DurationExpr>();
    e->is_number = is(TokenKind::number);
    e->value = take().number;
  } else if (accept(TokenKind::left_paren)) {
    e = parse_duration_expr(1);
    if (e && !expect(TokenKind::right_paren, "duration expression", "\")\"")) e = nullptr;
    if (e) e->parenthesised = true;
  } else if (is(TokenKind::word)) {
    const Token name = take();
    e = parse_duration_call(name);
  } else {
    unexpected("", "duration");
  }
  --depth_;
  return e;
}

std::unique_ptr<DurationExpr> Parser::parse_duration_call(const Token& name) {
  using Op = DurationExpr::Op;
  auto e = std::make_unique<DurationExpr>();
  if (name.lower == "step") {
    e->op = Op::step;
  } else if (name.lower == "range") {
    e->op = Op::range;
  } else if (name.lower == "min_of" || name.lower == "max_of") {
    e->op = name.lower == "min_of" ? Op::min_of : Op::max_of;
  } else {
    fail(name.span.begin, fmt::format("unexpected {}, expected duration", describe(name, text_)));
    return nullptr;
  }
  if (!expect(TokenKind::left_paren, "duration expression", "\"(\"")) return nullptr;
  if (e->op == Op::min_of || e->op == Op::max_of) {
    e->lhs = parse_duration_expr(1);
    if (!e->lhs || !expect(TokenKind::comma, "duration expression", "\",\"")) return nullptr;
    e->rhs = parse_duration_expr(1);
    if (!e->rhs) return nullptr;
  }
  return expect(TokenKind::right_paren, "duration expression", "\")\"") ? std::move(e) : nullptr;
}

}  // namespace tacho::query
