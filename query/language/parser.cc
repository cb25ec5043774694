#include "query/language/parser.h"

#include <fmt/format.h>

#include <algorithm>

#include "query/language/functions.h"
#include "query/language/parser_impl.h"
#include "query/language/strings.h"
#include "query/language/typecheck.h"

namespace tacho::query {
namespace {

constexpr int kUnaryPrecedence = 5;

struct Operator {
  BinaryOp op;
  int precedence;
};

std::optional<Operator> word_operator(std::string_view lower) {
  if (lower == "or") return Operator{BinaryOp::lor, 1};
  if (lower == "and") return Operator{BinaryOp::land, 2};
  if (lower == "unless") return Operator{BinaryOp::lunless, 2};
  if (lower == "atan2") return Operator{BinaryOp::atan2, 5};
  return std::nullopt;
}

std::optional<Operator> operator_of(const Token& t) {
  switch (t.kind) {
    case TokenKind::word: return word_operator(t.lower);
    case TokenKind::equal: return Operator{BinaryOp::eq, 3};
    case TokenKind::not_equal: return Operator{BinaryOp::ne, 3};
    case TokenKind::less: return Operator{BinaryOp::lt, 3};
    case TokenKind::less_equal: return Operator{BinaryOp::le, 3};
    case TokenKind::greater: return Operator{BinaryOp::gt, 3};
    case TokenKind::greater_equal: return Operator{BinaryOp::ge, 3};
    case TokenKind::trim_upper: return Operator{BinaryOp::trim_upper, 3};
    case TokenKind::trim_lower: return Operator{BinaryOp::trim_lower, 3};
    case TokenKind::add: return Operator{BinaryOp::add, 4};
    case TokenKind::sub: return Operator{BinaryOp::sub, 4};
    case TokenKind::mul: return Operator{BinaryOp::mul, 5};
    case TokenKind::div: return Operator{BinaryOp::div, 5};
    case TokenKind::mod: return Operator{BinaryOp::mod, 5};
    case TokenKind::pow: return Operator{BinaryOp::pow, 6};
    default: return std::nullopt;
  }
}

bool is_reserved(std::string_view lower) {
  for (const std::string_view word : {"on", "ignoring", "bool", "group_left", "group_right", "atan2"}) {
    if (lower == word) return true;
  }
  return false;
}

// Counts how deep the descent is for as long as it lives.
class Depth {
 public:
  explicit Depth(int& depth) : depth_(depth) { ++depth_; }
  ~Depth() { --depth_; }
  Depth(const Depth&) = delete;

 private:
  int& depth_;
};

}  // namespace

bool Parser::accept(TokenKind kind) {
  if (!is(kind)) return false;
  take();
  return true;
}

bool Parser::fail(std::size_t offset, std::string_view message) {
  if (!error_) error_ = parse_error(text_, offset, message);
  return false;
}

bool Parser::unexpected(std::string_view context, std::string_view wanted) {
  std::string message = "unexpected " + describe(peek(), text_);
  if (!context.empty()) message += fmt::format(" in {}", context);
  if (!wanted.empty()) message += fmt::format(", expected {}", wanted);
  return fail(peek().span.begin, message);
}

bool Parser::expect(TokenKind kind, std::string_view context, std::string_view wanted) {
  return accept(kind) || unexpected(context, wanted);
}

ExprPtr Parser::make(Span span, ValueType type, Expr::Node node) {
  auto e = std::make_unique<Expr>();
  e->span = span;
  e->type = type;
  e->node = std::move(node);
  return e;
}

ExprPtr Parser::parse_whole() {
  if (is(TokenKind::end)) {
    fail(0, "no expression found in input");
    return nullptr;
  }
  ExprPtr e = parse_binary(1);
  if (e && !is(TokenKind::end)) {
    unexpected("", "");
    return nullptr;
  }
  return e;
}

ExprPtr Parser::parse_binary(int least_precedence) {
  const Depth depth(depth_);
  if (depth_ > kDepthMax) {
    fail(peek().span.begin, fmt::format("expression is nested deeper than {} levels", kDepthMax));
    return nullptr;
  }
  ExprPtr lhs = parse_unary();
  while (lhs) {
    const auto op = operator_of(peek());
    if (!op || op->precedence < least_precedence) break;
    Binary b;
    b.op = op->op;
    b.op_span = take().span;
    if (!parse_matching(b)) return nullptr;
    // ^ groups to the right: its right side may hold another ^.
    b.rhs = parse_binary(b.op == BinaryOp::pow ? op->precedence : op->precedence + 1);
    if (!b.rhs) return nullptr;
    const Span span{lhs->span.begin, b.rhs->span.end};
    const bool scalar = lhs->type == ValueType::scalar && b.rhs->type == ValueType::scalar;
    b.vector_vector = lhs->type == ValueType::vector && b.rhs->type == ValueType::vector;
    b.lhs = std::move(lhs);
    lhs = make(span, scalar ? ValueType::scalar : ValueType::vector, std::move(b));
  }
  return lhs;
}

ExprPtr Parser::parse_unary() {
  if (!is(TokenKind::add) && !is(TokenKind::sub)) return parse_postfix();
  const Token& sign = take();
  const std::size_t begin = sign.span.begin;
  const bool negative = sign.kind == TokenKind::sub;
  ExprPtr operand = parse_binary(kUnaryPrecedence + 1);
  if (!operand) return nullptr;
  if (auto* number = operand->as<NumberLiteral>()) {
    if (negative) number->value = -number->value;
    operand->span.begin = begin;
    return operand;
  }
  const ValueType type = operand->type;
  const Span span{begin, operand->span.end};
  return make(span, type, Unary{negative, std::move(operand)});
}

ExprPtr Parser::parse_postfix() {
  ExprPtr e = parse_primary();
  while (e) {
    if (is(TokenKind::left_bracket)) {
      e = parse_brackets(std::move(e));
    } else if (is_word("offset")) {
      if (!parse_offset(*e)) return nullptr;
    } else if (is(TokenKind::at)) {
      if (!parse_at(*e)) return nullptr;
    } else if (is_word("anchored") || is_word("smoothed")) {
      if (!parse_extension(*e)) return nullptr;
    } else {
      break;
    }
  }
  return e;
}

ExprPtr Parser::parse_primary() {
  const Token& t = peek();
  switch (t.kind) {
    case TokenKind::number: take(); return make(t.span, ValueType::scalar, NumberLiteral{t.number, false});
    case TokenKind::duration: take(); return make(t.span, ValueType::scalar, NumberLiteral{t.number, true});
    case TokenKind::string: take(); return make(t.span, ValueType::string, StringLiteral{t.text});
    case TokenKind::left_paren: return parse_paren();
    case TokenKind::left_brace: return parse_selector();
    case TokenKind::word: return parse_word();
    default: break;
  }
  unexpected("", "");
  return nullptr;
}

ExprPtr Parser::parse_paren() {
  const std::size_t begin = take().span.begin;
  ExprPtr inner = parse_binary(1);
  if (!inner || !expect(TokenKind::right_paren, "expression", "\")\"")) return nullptr;
  const ValueType type = inner->type;
  return make({begin, last_end()}, type, Paren{std::move(inner)});
}

ExprPtr Parser::parse_word() {
  const Token& next = peek(1);
  const auto op = aggregate_of(peek().lower);
  if (op && (next.kind == TokenKind::left_paren || next.lower == "by" || next.lower == "without")) {
    return parse_aggregate(*op);
  }
  if (next.kind == TokenKind::left_paren) return parse_call();
  if (is_reserved(peek().lower)) {
    unexpected("", "");
    return nullptr;
  }
  return parse_selector();
}

ExprPtr Parser::parse_call() {
  const Token name = take();
  Call call;
  call.function = find_function(name.text);
  if (!call.function) {
    // Words that are keywords in any case, such as STEP(), name functions too.
    call.function = find_function(name.lower);
    const bool keyword = name.lower == "step" || name.lower == "range" || name.lower == "start" || name.lower == "end";
    if (!keyword) call.function = nullptr;
  }
  if (!call.function) {
    fail(name.span.begin, fmt::format("unknown function with name {}", go_quoted(name.text)));
    return nullptr;
  }
  if (!parse_args(call.args)) return nullptr;
  const ValueType type = call.function->result;
  return make({name.span.begin, last_end()}, type, std::move(call));
}

bool Parser::parse_args(std::vector<ExprPtr>& args) {
  if (!expect(TokenKind::left_paren, "function call", "\"(\"")) return false;
  if (accept(TokenKind::right_paren)) return true;
  while (true) {
    ExprPtr arg = parse_binary(1);
    if (!arg) return false;
    args.push_back(std::move(arg));
    if (accept(TokenKind::right_paren)) return true;
    const std::size_t comma = peek().span.begin;
    if (!expect(TokenKind::comma, "function call", "\",\" or \")\"")) return false;
    if (is(TokenKind::right_paren)) return fail(comma, "trailing commas not allowed in function call args");
  }
}

ExprPtr Parser::parse_aggregate(AggregateOp op) {
  const std::size_t begin = take().span.begin;
  Aggregate a;
  a.op = op;
  const bool before = !is(TokenKind::left_paren);
  if (before && !parse_aggregate_modifier(a)) return nullptr;
  std::vector<ExprPtr> args;
  if (!parse_args(args)) return nullptr;
  if (!before && (is_word("by") || is_word("without")) && !parse_aggregate_modifier(a)) return nullptr;
  const std::size_t wanted = takes_parameter(op) ? 2 : 1;
  if (args.empty()) {
    fail(begin, "no arguments for aggregate expression provided");
    return nullptr;
  }
  if (args.size() != wanted) {
    fail(begin,
         fmt::format("wrong number of arguments for aggregate expression provided, expected {}, got {}", wanted, args.size()));
    return nullptr;
  }
  a.expr = std::move(args.back());
  if (wanted == 2) a.parameter = std::move(args.front());
  return make({begin, last_end()}, ValueType::vector, std::move(a));
}

bool Parser::parse_aggregate_modifier(Aggregate& aggregate) {
  aggregate.without = take().lower == "without";
  return parse_label_list(aggregate.grouping);
}

bool Parser::parse_label_list(std::vector<std::string>& out) {
  if (!expect(TokenKind::left_paren, "grouping opts", "\"(\"")) return false;
  while (!accept(TokenKind::right_paren)) {
    const Token& t = peek();
    const bool name = (t.kind == TokenKind::word && is_classic_label_name(t.text)) ||
                      (t.kind == TokenKind::number && is_classic_label_name(t.text)) ||
                      (t.kind == TokenKind::string && !t.text.empty());
    if (!name) return unexpected("grouping opts", "label");
    out.push_back(take().text);
    if (is(TokenKind::right_paren)) continue;
    if (!expect(TokenKind::comma, "grouping opts", "\",\" or \")\"")) return false;
  }
  return true;
}

bool Parser::parse_matching(Binary& binary) {
  VectorMatching& m = binary.matching;
  if (is_word("bool")) {
    take();
    binary.return_bool = true;
  }
  if (is_word("on") || is_word("ignoring")) {
    m.on = take().lower == "on";
    if (!parse_label_list(m.labels)) return false;
    if (is_word("group_left") || is_word("group_right")) {
      m.card = take().lower == "group_left" ? Cardinality::many_to_one : Cardinality::one_to_many;
      if (is(TokenKind::left_paren) && !parse_label_list(m.include)) return false;
    }
  }
  while (peek(1).kind == TokenKind::left_paren && (is_word("fill") || is_word("fill_left") || is_word("fill_right"))) {
    if (!parse_fill(m)) return false;
  }
  if (is_set_operator(binary.op) && m.card == Cardinality::one_to_one) m.card = Cardinality::many_to_many;
  return true;
}

bool Parser::parse_fill(VectorMatching& matching) {
  const std::string which = take().lower;
  take();
  const bool negative = is(TokenKind::sub);
  if (negative || is(TokenKind::add)) take();
  if (!is(TokenKind::number)) return unexpected("fill modifier", "number");
  const double v = negative ? -peek().number : peek().number;
  take();
  if (which != "fill_right") matching.fill_left = v;
  if (which != "fill_left") matching.fill_right = v;
  return expect(TokenKind::right_paren, "fill modifier", "\")\"");
}

std::expected<ExprPtr, QueryError> parse_expr(std::string_view text) {
  auto tokens = lex(text);
  if (!tokens) return std::unexpected(std::move(tokens.error()));
  Parser parser(text, std::move(*tokens));
  ExprPtr e = parser.parse_whole();
  if (!e) return std::unexpected(parser.take_error());
  if (auto error = typecheck(*e, text)) return std::unexpected(std::move(*error));
  return e;
}

}  // namespace tacho::query
