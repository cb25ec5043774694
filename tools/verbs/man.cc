#include <cstdio>

#include "tools/command/man_page.h"
#include "tools/verbs/verbs.h"

namespace tacho::tools {

int man(const Command& command_line) {
  const std::string page = man_page(command_line);
  std::fwrite(page.data(), 1, page.size(), stdout);
  return 0;
}

}  // namespace tacho::tools
