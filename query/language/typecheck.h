// Whether a tree means something: the types of operands and arguments, and what modifiers may stand where.
//
// Errors   the first problem in the order of the text, as a parse error with its position; nullopt when there is
// none.
#pragma once

#include <optional>
#include <string_view>

#include "query/language/ast.h"

namespace tacho::query {

std::optional<QueryError> typecheck(const Expr& expr, std::string_view text);

}  // namespace tacho::query
