#include "tools/terminal/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

namespace tacho::tools {

std::optional<TerminalSize> terminal_size(int fd) {
  if (::isatty(fd) == 0) return std::nullopt;
  TerminalSize out;
  winsize w{};
  if (::ioctl(fd, TIOCGWINSZ, &w) != 0) return out;
  if (w.ws_col > 0) out.width = w.ws_col;
  if (w.ws_row > 0) out.height = w.ws_row;
  return out;
}

std::size_t stdout_width() {
  const auto size = terminal_size(STDOUT_FILENO);
  return size ? size->width : 0;
}

}  // namespace tacho::tools
