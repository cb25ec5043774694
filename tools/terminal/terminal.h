// The terminal that one of the program's streams is.
//
// Threads  any.   Errors  none: what is no terminal has no size.
#pragma once

#include <cstddef>
#include <optional>

namespace tacho::tools {

struct TerminalSize {
  std::size_t width = 80, height = 24;  // as where the terminal does not tell
};
std::optional<TerminalSize> terminal_size(int fd);
// What tables on standard output have to fit; 0: it is no terminal, and nothing has to.
std::size_t stdout_width();

}  // namespace tacho::tools
