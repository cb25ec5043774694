#include <fmt/format.h>

#include "tools/command/completion.h"

namespace tacho::tools {
namespace {

// COMP_WORDS is split at = and : as well, so that --file=x is three words there, and a URL several.
constexpr char kHead[] = R"sh(# bash completion of tacho; made by: tacho completion bash
_tacho_metrics() {
  local -a words where=()
  local i lead
  read -ra words <<<"$COMP_LINE"
  for ((i = 1; i + 1 < ${#words[@]}; i++)); do
    case ${words[i]} in
      --url | --file | --state | --runtime) where+=("${words[i]}" "${words[i + 1]}") ;;
    esac
  done
  # Inside an expression: what is no part of a name stays.
  lead=${cur%"${cur##*[^a-zA-Z0-9_:]}"}
  mapfile -t COMPREPLY < <(compgen -P "${lead#[\'\"]}" -W "$(
    timeout 1 tacho series "${where[@]}" 2>/dev/null | sed 's/{.*//' | sort -u
  )" -- "${cur#"$lead"}")
  compopt -o nospace 2>/dev/null
}

_tacho_words() { mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur"); }

_tacho_paths() { # -f: files, -d: folders
  mapfile -t COMPREPLY < <(compgen "$1" -- "$cur")
  compopt -o filenames 2>/dev/null
}

_tacho() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} verb= i
  COMPREPLY=()
  if [[ $cur == = ]]; then
    cur=
  elif [[ $prev == = ]]; then
    prev=${COMP_WORDS[COMP_CWORD - 2]}
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    if [[ ${COMP_WORDS[i]} != -* ]]; then
      verb=${COMP_WORDS[i]}
      break
    fi
  done
  case $verb:$prev in
)sh";

std::string words_of(const std::vector<std::string>& words) { return fmt::format("{}", fmt::join(words, " ")); }

// What completes the value; "": nothing can.
std::string action(const CommandArgument& argument) {
  switch (completion_of(argument)) {
    case Completion::choices: return fmt::format("_tacho_words {}", shell_quoted(words_of(argument.choices)));
    case Completion::files: return "_tacho_paths -f";
    case Completion::folders: return "_tacho_paths -d";
    case Completion::metrics: return "_tacho_metrics";
    case Completion::nothing: break;
  }
  return "return";
}

std::string flag_values(const Command& verb) {
  std::string out;
  for (const CommandArgument& a : verb.arguments) {
    if (a.positional() || a.value.empty()) continue;
    std::vector<std::string> patterns;
    for (const std::string& flag : a.flags) patterns.push_back(verb.name + ":" + flag);
    out += fmt::format("    {}) {}; return ;;\n", fmt::join(patterns, " | "), action(a));
  }
  return out;
}

std::string flags_of(const Command& verb) {
  std::vector<std::string> flags;
  for (const CommandArgument& a : verb.arguments) flags.insert(flags.end(), a.flags.begin(), a.flags.end());
  return words_of(flags);
}

// One positional at most, as of today; the first decides.
std::string words(const Command& verb) {
  std::string positional = "return";
  for (const CommandArgument& a : verb.arguments) {
    if (!a.positional()) continue;
    positional = action(a);
    break;
  }
  return fmt::format("    {}) if [[ $cur == -* ]]; then _tacho_words {}; else {}; fi ;;\n", verb.name,
                     shell_quoted(flags_of(verb)), positional);
}

}  // namespace

std::string bash_completion(const Command& command_line) {
  std::string out = kHead;
  std::vector<std::string> verbs;
  for (const Command& verb : command_line.verbs) {
    verbs.push_back(verb.name);
    out += flag_values(verb);
  }
  out += "  esac\n  case $verb in\n";
  for (const Command& verb : command_line.verbs) out += words(verb);
  out += fmt::format("    \"\") if [[ $cur == -* ]]; then _tacho_words {}; else _tacho_words {}; fi ;;\n",
                     shell_quoted(flags_of(command_line)), shell_quoted(words_of(verbs)));
  return out + "  esac\n}\n\ncomplete -F _tacho tacho\n";
}

std::string shell_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'')
      out += "'\\''";
    else
      out += c;
  }
  return out + "'";
}

}  // namespace tacho::tools
