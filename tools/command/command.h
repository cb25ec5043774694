// A command line's description as data, for what is made of it: shell completion (completion.h) and the man page (man_page.h).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tacho::tools {

// A flag, or a word that stands by itself.
struct CommandArgument {
  std::vector<std::string> flags;    // "-h", "--help"; empty: a positional
  std::string value;                 // what it takes: FILE, DIR, DURATION, or a positional's name; "": a flag that takes nothing
  std::vector<std::string> choices;  // where only these are taken
  std::string fallback;              // when not given; "": none, or the help says it
  std::string help;
  std::vector<std::string> excludes;  // flags that cannot be given with it
  bool required = false;

  bool positional() const { return flags.empty(); }
};

struct Command {
  std::string name;
  std::string what;
  std::vector<std::string> examples;
  std::vector<CommandArgument> arguments;  // in the order of --help
  std::vector<Command> verbs;
};

// What can be completed where a value is wanted.
enum class Completion { nothing, choices, files, folders, metrics };
Completion completion_of(const CommandArgument& argument);

}  // namespace tacho::tools
