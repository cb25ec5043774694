// The manual's page tacho(1), in roff: what --help says of every verb, and what a page needs beside it (files, environment, exit status).
//
// Threads  pure.   Errors  none.
#pragma once

#include <string>

#include "tools/command/command.h"

namespace tacho::tools {

std::string man_page(const Command& command_line);

}  // namespace tacho::tools
