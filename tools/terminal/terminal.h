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

}  // namespace tacho::tools
