// Tokens to a syntax tree, by recursive descent with operator precedence.
//
// From loosest to tightest: or; and unless; == != < <= > >=; + -; * / % atan2 and unary + -; ^ (to the right); the
// postfix [..], offset and @. Nesting deeper than kDepthMax is refused, so that hostile text cannot exhaust the
// stack.
//
// Errors   bad_data, with "line:column: parse error: ..."; types are checked too (typecheck.h).
#pragma once

#include <expected>
#include <string_view>

#include "query/language/ast.h"

namespace tacho::query {

inline constexpr int kDepthMax = 200;

std::expected<ExprPtr, QueryError> parse_expr(std::string_view text);

}  // namespace tacho::query
