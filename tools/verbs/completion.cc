#include <cstdio>

#include "tools/command/completion.h"
#include "tools/verbs/verbs.h"

namespace tacho::tools {

int completion(const CompletionOptions& options, const Command& command_line) {
  const std::string script = options.shell == "zsh"    ? zsh_completion(command_line)
                             : options.shell == "fish" ? fish_completion(command_line)
                                                       : bash_completion(command_line);
  std::fwrite(script.data(), 1, script.size(), stdout);
  return 0;
}

}  // namespace tacho::tools
