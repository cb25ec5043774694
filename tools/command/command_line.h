// The command line: which verbs there are, what they take, and what that sets (verbs.h). One description of it in command_line.cc, by
// CLI11; --help, shell completion and the man page are made of it.
//
// Threads  the program's first.
// Errors   run_command_line(): wrong usage is one line on stderr and 2; otherwise what the verb returns.
#pragma once

#include "tools/command/command.h"

namespace tacho::tools {

// Reads the arguments and calls the verb. Returns the program's exit code.
int run_command_line(int argc, char** argv);

// The whole of it, as data.
Command describe_command_line();

}  // namespace tacho::tools
