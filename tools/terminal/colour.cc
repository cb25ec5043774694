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

bool colours_on(int fd) { return ::isatty(fd) != 0 && variable("TERM") != "dumb" && !colours_refused(); }

}  // namespace tacho::tools
