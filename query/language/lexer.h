// PromQL text cut into tokens. Words are not yet told apart: whether "sum" is an aggregation or a metric is the
// parser's to see, because Prometheus allows both.
//
// Shape    the whole text at once; the last token is end. Comments (# to the line's end) and white space are dropped.
// Errors   bad_data: an unterminated string, a bad escape, a bad number or duration, a character that fits nothing.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "query/language/ast.h"

namespace tacho::query {

enum class TokenKind {
  end,
  word,
  number,
  duration,
  string,
  left_paren,
  right_paren,
  left_brace,
  right_brace,
  left_bracket,
  right_bracket,
  comma,
  colon,
  at,
  assign,
  equal,
  not_equal,
  regex_match,
  regex_not_match,
  less,
  less_equal,
  greater,
  greater_equal,
  add,
  sub,
  mul,
  div,
  mod,
  pow,
  trim_upper,
  trim_lower,
};

struct Token {
  TokenKind kind = TokenKind::end;
  Span span;
  std::string text;   // as written; of a string, its value
  std::string lower;  // of a word, in lower case
  double number = 0;  // of a number; of a duration, its seconds
};

// `identifier "x"`, `"("`, `end of input`: how error messages name a token.
std::string describe(const Token& token, std::string_view text);

std::expected<std::vector<Token>, QueryError> lex(std::string_view text);

// "line:column: parse error: message".
QueryError parse_error(std::string_view text, std::size_t offset, std::string_view message);

}  // namespace tacho::query
