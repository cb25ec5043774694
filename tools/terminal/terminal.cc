#include "tools/terminal/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include "proto/base/text_table.h"

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

std::string line_for_stdout(std::string_view line, std::size_t indent, std::string_view colour, std::size_t at,
                            std::size_t bytes) {
  std::string text = fitted_line(line, stdout_width(), indent);
  // A word that was wrapped itself stays as it is.
  if (colour.empty() || at + bytes > text.find('\n')) return text;
  text.insert(at + bytes, "\033[0m");
  text.insert(at, colour);
  return text;
}

}  // namespace tacho::tools
