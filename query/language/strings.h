// Small text helpers of the language: Go's string escapes both ways, ASCII lower case.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tacho::query {

std::string lower_case(std::string_view text);

// The value of what stood between quotes of the kind `quote` (" or '); nullopt for an escape that Go does not know.
std::optional<std::string> unescape(std::string_view body, char quote);

// In double quotes, as Go's strconv.Quote writes printable text: control characters as \n, \t, \x07.
std::string go_quoted(std::string_view value);

// Go's %g and 'f' layouts of a number, shortest digits: NaN, +Inf, -Inf.
std::string go_general(double v);
std::string go_fixed(double v);

}  // namespace tacho::query
