// Text as a terminal shows it: how many columns it takes, and how it is cut or wrapped to fit some.
//
// Shape    UTF-8. A column is a cell of the terminal: a wide character (CJK, most emoji) takes two, a combining one none. What is no UTF-8, and what
//          would speak to the terminal instead of being shown (control characters, those that turn the direction of writing), counts as
//          one column and is shown as '?' by printable().
// Threads  pure.   Errors  none.   Cost  linear in the text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tacho {

// Of one character.
std::size_t columns_of(char32_t c);
std::size_t columns_of(std::string_view text);

// The same text with nothing in it that a terminal would obey.
std::string printable(std::string_view text);

// What lies in the middle gives way to `mark`: both a name's beginning and its end tell more. At most `width` columns; without the mark where it has no room.
std::string cut_middle(std::string_view text, std::size_t width, std::string_view mark = "..");

// Filled up with spaces; longer text stays as it is.
std::string padded(std::string_view text, std::size_t width, bool right = false);

// Lines of at most `width` columns, broken after a space, a comma, a slash, a hyphen or an underscore where that wastes no more than half a line. All
// but the first stand `indent` columns to the right. Nothing but spaces at the ends of lines is lost. Requires: width >= indent + 2.
std::vector<std::string> wrapped(std::string_view text, std::size_t width, std::size_t indent = 0);

}  // namespace tacho
