#include <fmt/format.h>

#include "tools/command/completion.h"

namespace tacho::tools {
namespace {

constexpr char kHead[] = R"sh(#compdef tacho
# zsh completion of tacho; made by: tacho completion zsh
_tacho_metrics() {
  local -a where names
  local i
  for ((i = 2; i < $#words; i++)); do
    [[ $words[i] == --(url|file|state|runtime) ]] && where+=($words[i] ${(Q)words[i+1]})
  done
  names=(${(fu)"$(timeout 1 tacho series $where 2>/dev/null | sed 's/{.*//')"})
  # Inside an expression: what is no part of a name stays.
  compset -P '*[^a-zA-Z0-9_:]'
  compadd -S '' -a names
}

_tacho() {
  local curcontext=$curcontext state line ret=1
  local -a verbs
  _arguments -C \
)sh";

// In a specification's brackets and messages, a colon and brackets end them.
std::string plain(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == ':' || c == '[' || c == ']' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string action(const CommandArgument& argument) {
  switch (completion_of(argument)) {
    case Completion::choices: return fmt::format("({})", fmt::join(argument.choices, " "));
    case Completion::files: return "_files";
    case Completion::folders: return "_files -/";
    case Completion::metrics: return "_tacho_metrics";
    case Completion::nothing: break;
  }
  return " ";
}

std::vector<std::string> specifications(const Command& command) {
  std::vector<std::string> out;
  for (const CommandArgument& a : command.arguments) {
    const std::string value = a.value.empty() ? "" : fmt::format(":{}:{}", plain(a.value), action(a));
    if (a.positional()) {
      out.push_back(shell_quoted(value));
      continue;
    }
    // What it excludes, and itself under its other name.
    std::vector<std::string> not_with = a.excludes;
    not_with.insert(not_with.end(), a.flags.begin(), a.flags.end());
    for (const std::string& flag : a.flags) {
      const bool joined = !value.empty() && flag.starts_with("--");  // --file=x as well as --file x
      out.push_back(
          shell_quoted(fmt::format("({}){}{}[{}]{}", fmt::join(not_with, " "), flag, joined ? "=" : "", plain(a.help), value)));
    }
  }
  return out;
}

}  // namespace

std::string zsh_completion(const Command& command_line) {
  std::string out = kHead;
  for (const std::string& s : specifications(command_line)) out += fmt::format("    {} \\\n", s);
  out += "    '1: :->verb' '*:: :->words' && ret=0\n  case $state in\n    verb)\n      verbs=(\n";
  for (const Command& verb : command_line.verbs)
    out += fmt::format("        {}\n", shell_quoted(fmt::format("{}:{}", verb.name, verb.what)));
  out += "      )\n      _describe -t verbs verb verbs && ret=0\n      ;;\n    words)\n      case $words[1] in\n";
  for (const Command& verb : command_line.verbs) {
    out += fmt::format("        {})\n          _arguments", verb.name);
    for (const std::string& s : specifications(verb)) out += fmt::format(" \\\n            {}", s);
    out += " && ret=0\n          ;;\n";
  }
  out += "      esac\n      ;;\n  esac\n  return ret\n}\n\n";
  // Autoloaded, the file is the function; sourced, it is to register it.
  return out + "if [[ $funcstack[1] == _tacho ]]; then\n  _tacho \"$@\"\nelse\n  compdef _tacho tacho\nfi\n";
}

}  // namespace tacho::tools
