#include "tools/terminal/colour.h"

#include <unistd.h>

#include <cstdlib>
#include <string_view>

namespace tacho::tools {
namespace {

std::string_view variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

void refuse_colours() { ::setenv("NO_COLOR", "1", 1); }

bool colours_refused() { return !variable("NO_COLOR").empty(); }

int colours_of(int fd) {
  if (!colours_on(fd)) return 0;
  // By its type's name: terminfo has it too, but a container often has no description of its user's terminal.
  const std::string_view type = variable("TERM"), more = variable("COLORTERM");
  if (more == "truecolor" || more == "24bit" || type.find("256color") != type.npos || type.ends_with("-direct")) return 256;
  for (const std::string_view name : {"xterm-kitty", "alacritty", "foot", "xterm-ghostty", "wezterm"}) {
    if (type == name) return 256;
  }
  return 8;
}

bool colours_on(int fd) { return ::isatty(fd) != 0 && variable("TERM") != "dumb" && !colours_refused(); }

}  // namespace tacho::tools
