// Shell completion: a script for each shell, made of the command line's description, that completes verbs, flags, values that can be listed, files and
// folders where such are wanted, and metrics' names in expressions.
//
// Cost     metrics' names are asked by `tacho series` over what the line names by --url, --file, --state or --runtime; after a second without an
//          answer there are none. All else is in the script.
// Threads  pure.   Errors  none.
#pragma once

#include <string>

#include "tools/command/command.h"

namespace tacho::tools {

std::string bash_completion(const Command& command_line);
std::string zsh_completion(const Command& command_line);
std::string fish_completion(const Command& command_line);

// 'it'\''s': a word of bash and of zsh.
std::string shell_quoted(std::string_view text);

}  // namespace tacho::tools
