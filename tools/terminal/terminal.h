// The terminal that one of the program's streams is.
//
// Threads  any.   Errors  none: what is no terminal has no size.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace tacho::tools {

struct TerminalSize {
  std::size_t width = 80, height = 24;  // as where the terminal does not tell
};
std::optional<TerminalSize> terminal_size(int fd);
// What tables on standard output have to fit; 0: it is no terminal, and nothing has to.
std::size_t stdout_width();
// A line of words that fits it (proto/base/text_table.h: fitted_line), with `bytes` of its text from `at` on in a colour ("": in none).
std::string line_for_stdout(std::string_view line, std::size_t indent, std::string_view colour = "", std::size_t at = 0,
                            std::size_t bytes = 0);

}  // namespace tacho::tools
