#include "tools/command/describe.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <sstream>

namespace tacho::tools {
namespace {

constexpr std::string_view kFooter = "Example:\n";  // as Program::verb writes it

// FORMAT:{table,json} is a name and what can stand for it.
void read_type(const std::string& type, CommandArgument& argument) {
  const std::size_t brace = type.find(":{");
  argument.value = type.substr(0, brace);
  if (brace == std::string::npos) return;
  std::istringstream inside(type.substr(brace + 2, type.rfind('}') - brace - 2));
  for (std::string choice; std::getline(inside, choice, ',');) argument.choices.push_back(choice);
}

CommandArgument describe(const CLI::Option& option) {
  CommandArgument out;
  for (const std::string& s : option.get_snames()) out.flags.push_back("-" + s);
  for (const std::string& l : option.get_lnames()) out.flags.push_back("--" + l);
  if (option.get_items_expected_max() > 0) read_type(option.get_type_name(), out);
  if (out.positional()) out.value = option.get_name(true);
  out.fallback = option.get_default_str();
  out.help = option.get_description();
  out.required = option.get_required();
  for (const CLI::Option* other : option.get_excludes()) out.excludes.push_back(other->get_name(false, true));
  std::sort(out.excludes.begin(), out.excludes.end());  // they are ordered by address
  return out;
}

std::vector<std::string> examples_of(std::string_view footer) {
  std::vector<std::string> out;
  if (!footer.starts_with(kFooter)) return out;
  std::istringstream lines{std::string(footer.substr(kFooter.size()))};
  for (std::string line; std::getline(lines, line);)
    out.push_back(line.substr(std::min(line.size(), line.find_first_not_of(' '))));
  return out;
}

}  // namespace

Command describe_command(const CLI::App& app) {
  Command out{app.get_name(), app.get_description(), examples_of(app.get_footer()), {}, {}};
  for (const CLI::Option* option : app.get_options()) out.arguments.push_back(describe(*option));
  for (const CLI::App* verb : app.get_subcommands([](const CLI::App*) { return true; }))
    out.verbs.push_back(describe_command(*verb));
  return out;
}

}  // namespace tacho::tools
