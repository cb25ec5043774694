#include <fmt/format.h>

#include "tools/command/completion.h"

namespace tacho::tools {
namespace {

constexpr char kHead[] = R"sh(# fish completion of tacho; made by: tacho completion fish
function __tacho_metrics
    set -l words (commandline -opc)
    set -l where
    for i in (seq 2 (math (count $words) - 1))
        if contains -- $words[$i] --url --file --state --runtime
            set -a where $words[$i] $words[(math $i + 1)]
        end
    end
    # Inside an expression: what is no part of a name stays.
    set -l lead (commandline -ct | string replace -r '[a-zA-Z0-9_:]*$' '' | string replace -r '^[\'"]' '')
    for name in (timeout 1 tacho series $where 2>/dev/null | string replace -r '\{.*' '' | sort -u)
        echo $lead$name
    end
end

# The verb is that; without an argument: there is none yet.
function __tacho_verb
    set -l words (commandline -opc)
    for word in $words[2..-1]
        string match -q -- '-*' $word; and continue
        test "$word" = "$argv[1]"
        return
    end
    test -z "$argv[1]"
end

complete -c tacho -f
)sh";

std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

// The options of `complete` for a value; "": nothing can be completed.
std::string action(const CommandArgument& argument) {
  switch (completion_of(argument)) {
    case Completion::choices: return fmt::format(" -a {}", quoted(fmt::format("{}", fmt::join(argument.choices, " "))));
    case Completion::files: return " -F";
    case Completion::folders: return " -a '(__fish_complete_directories (commandline -ct))'";
    case Completion::metrics: return " -a '(__tacho_metrics)'";
    case Completion::nothing: break;
  }
  return "";
}

void append_arguments(std::string& out, const Command& command, std::string_view verb) {
  for (const CommandArgument& a : command.arguments) {
    if (a.positional() && action(a).empty()) continue;
    out += fmt::format("complete -c tacho -n '__tacho_verb {}'", verb);
    for (const std::string& flag : a.flags) out += flag.starts_with("--") ? " -l " + flag.substr(2) : " -s " + flag.substr(1);
    if (!a.value.empty() && !a.positional()) out += completion_of(a) == Completion::files ? " -r" : " -x";
    if (!a.value.empty()) out += action(a);
    out += fmt::format(" -d {}\n", quoted(a.help));
  }
}

}  // namespace

std::string fish_completion(const Command& command_line) {
  std::string out = kHead;
  append_arguments(out, command_line, "");
  for (const Command& verb : command_line.verbs)
    out += fmt::format("complete -c tacho -n '__tacho_verb \"\"' -a {} -d {}\n", verb.name, quoted(verb.what));
  for (const Command& verb : command_line.verbs) append_arguments(out, verb, verb.name);
  return out;
}

}  // namespace tacho::tools
