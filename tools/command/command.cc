#include "tools/command/command.h"

namespace tacho::tools {

Completion completion_of(const CommandArgument& argument) {
  if (!argument.choices.empty()) return Completion::choices;
  if (argument.value == "FILE") return Completion::files;
  if (argument.value == "DIR") return Completion::folders;
  if (argument.value == "EXPR" || argument.value == "MATCHER") return Completion::metrics;
  return Completion::nothing;
}

}  // namespace tacho::tools
