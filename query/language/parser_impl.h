// The parser's inside, shared by parser.cc (expressions) and parser_selector.cc (selectors, modifiers, durations).
//
// Every parse_ function returns null or false after the first error, which stays in error_; callers pass that on.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "query/language/ast.h"
#include "query/language/lexer.h"
#include "query/language/parser.h"

namespace tacho::query {

class Parser {
 public:
  Parser(std::string_view text, std::vector<Token> tokens) : text_(text), tokens_(std::move(tokens)) {}

  ExprPtr parse_whole();
  QueryError take_error() { return std::move(*error_); }

 private:
  // parser.cc
  ExprPtr parse_binary(int least_precedence);
  ExprPtr parse_unary();
  ExprPtr parse_postfix();
  ExprPtr parse_primary();
  ExprPtr parse_word();
  ExprPtr parse_paren();
  ExprPtr parse_call();
  ExprPtr parse_aggregate(AggregateOp op);
  bool parse_args(std::vector<ExprPtr>& args);
  bool parse_aggregate_modifier(Aggregate& aggregate);
  bool parse_matching(Binary& binary);
  bool parse_fill(VectorMatching& matching);
  bool parse_label_list(std::vector<std::string>& out);
  ExprPtr make(Span span, ValueType type, Expr::Node node);

  // parser_selector.cc
  ExprPtr parse_selector();
  bool parse_matchers(VectorSelector& selector);
  bool parse_matcher(VectorSelector& selector);
  bool set_name(VectorSelector& selector, const Token& token);
  ExprPtr parse_brackets(ExprPtr expr);
  bool parse_offset(Expr& expr);
  bool parse_at(Expr& expr);
  bool parse_extension(Expr& expr);
  bool parse_duration(Duration& out);
  bool parse_offset_duration(Duration& out);
  std::unique_ptr<DurationExpr> parse_duration_expr(int least_precedence);
  std::unique_ptr<DurationExpr> parse_duration_operand();
  std::unique_ptr<DurationExpr> parse_duration_call(const Token& name);
  bool fold(std::unique_ptr<DurationExpr> expr, Duration& out, const Token& at);

  const Token& peek(std::size_t ahead = 0) const { return tokens_[std::min(at_ + ahead, tokens_.size() - 1)]; }
  bool is(TokenKind kind) const { return peek().kind == kind; }
  bool is_word(std::string_view lower) const { return peek().kind == TokenKind::word && peek().lower == lower; }
  const Token& take() { return tokens_[at_ < tokens_.size() - 1 ? at_++ : at_]; }
  bool accept(TokenKind kind);
  bool expect(TokenKind kind, std::string_view context, std::string_view wanted);
  bool fail(std::size_t offset, std::string_view message);
  bool unexpected(std::string_view context, std::string_view wanted);
  std::size_t last_end() const { return at_ == 0 ? 0 : tokens_[at_ - 1].span.end; }

  std::string_view text_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  int depth_ = 0;
  std::optional<QueryError> error_;
};

}  // namespace tacho::query
