// What is made of the command line's description: nothing of it is lost on the way to the shells and to the manual.
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "tools/command/command_line.h"
#include "tools/command/completion.h"
#include "tools/command/man_page.h"

using namespace tacho::tools;

namespace {

const Command& verb(const Command& all, std::string_view name) {
  const auto found = std::find_if(all.verbs.begin(), all.verbs.end(), [&](const Command& v) { return v.name == name; });
  REQUIRE(found != all.verbs.end());
  return *found;
}

const CommandArgument& argument(const Command& of, std::string_view name) {
  const auto found = std::find_if(of.arguments.begin(), of.arguments.end(), [&](const CommandArgument& a) {
    return a.positional() ? a.value == name : std::find(a.flags.begin(), a.flags.end(), name) != a.flags.end();
  });
  REQUIRE(found != of.arguments.end());
  return *found;
}

Command small() {
  CommandArgument file{
      .flags = {"-f", "--file"}, .value = "FILE", .help = "it's [a] file: any", .excludes = {"--url"}, .required = true};
  CommandArgument format{
      .flags = {"--format"}, .value = "FORMAT", .choices = {"table", "json"}, .fallback = "table", .help = "how"};
  CommandArgument expr{.value = "EXPR", .help = ".what"};
  return {"tacho", "keeps seconds", {"tacho ask x"}, {}, {{"ask", "asks a-b", {"tacho ask 'x'"}, {file, format, expr}, {}}}};
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// As it stands in the page: hyphens that are typed.
std::string typed(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '-') out += '\\';
    out += c;
  }
  return out;
}

}  // namespace

TEST_CASE("the command line as data: verbs, flags, values, choices, examples") {
  const Command all = describe_command_line();
  CHECK(all.name == "tacho");
  CHECK(all.examples.size() == 2);
  const Command& query = verb(all, "query");
  CHECK(query.examples ==
        std::vector<std::string>{"tacho query 'sum by (mode) (rate(node_cpu_seconds_total[5s]))' --last 1m --step 5s"});
  const CommandArgument& format = argument(query, "--format");
  CHECK(format.choices == std::vector<std::string>{"table", "json", "csv", "chart", "heat"});
  CHECK(format.value == "FORMAT");
  CHECK(format.fallback == "table");
  CHECK(argument(query, "--url").excludes == std::vector<std::string>{"--file", "--nodes", "--runtime", "--state"});
  CHECK(argument(query, "EXPR").required);
  CHECK(argument(query, "-h").flags == std::vector<std::string>{"-h", "--help"});
  CHECK(argument(query, "--no-color").value.empty());
  CHECK(argument(verb(all, "run"), "--listen").value == "HOST:PORT");
  CHECK(argument(verb(all, "ship"), "--rate").value == "NUMBER");
  CHECK(argument(verb(all, "completion"), "SHELL").choices.size() == 3);
}

TEST_CASE("every flag says what it is, and every value what can stand there") {
  const std::set<std::string> names{"",     "FILE",   "DIR",      "URL",    "HOST:PORT", "NAME",    "NODES", "TIME",
                                    "EXPR", "NUMBER", "DURATION", "FORMAT", "SHELL",     "MATCHER", "WHEN"};
  for (const Command& v : describe_command_line().verbs) {
    CHECK(v.examples.size() == 1);
    CHECK(!v.what.empty());
    for (const CommandArgument& a : v.arguments) {
      INFO(v.name << " " << (a.positional() ? a.value : a.flags.back()));
      CHECK(!a.help.empty());
      CHECK(names.contains(a.value));
    }
  }
}

TEST_CASE("what completes a value follows from its name") {
  CHECK(completion_of({.value = "FORMAT", .choices = {"a"}}) == Completion::choices);
  CHECK(completion_of({.value = "FILE"}) == Completion::files);
  CHECK(completion_of({.value = "DIR"}) == Completion::folders);
  CHECK(completion_of({.value = "MATCHER"}) == Completion::metrics);
  CHECK(completion_of({.value = "DURATION"}) == Completion::nothing);
}

TEST_CASE("help that has quotes and brackets does not end a word of a shell's script") {
  CHECK(shell_quoted("it's") == "'it'\\''s'");
  CHECK(has(zsh_completion(small()), R"('(--url -f --file)--file=[it'\''s \[a\] file\: any]:FILE:_files')"));
  CHECK(has(fish_completion(small()), R"(-s f -l file -r -F -d 'it\'s [a] file: any')"));
  CHECK(has(bash_completion(small()), "ask:-f | ask:--file) _tacho_paths -f; return ;;"));
  CHECK(has(bash_completion(small()), "ask:--format) _tacho_words 'table json'; return ;;"));
}

TEST_CASE("the manual's page of a small program") {
  const std::string page = man_page(small());
  CHECK(has(page, "\n\\fBtacho\\fR \\fBask\\fR \\fB\\-\\-file\\fR \\fIFILE\\fR [\\fIOPTION\\fR]... [\\fIEXPR\\fR]\n"));
  CHECK(has(page, ".SS ask\n"));
  CHECK(has(page, "Asks a\\-b.\n"));
  CHECK(has(page,
            ".TP\n\\fB\\-f\\fR, \\fB\\-\\-file\\fR \\fIFILE\\fR\n"
            "It\\(aqs [a] file: any; not with \\-\\-url; must be given.\n"));
  CHECK(has(page, ".TP\n\\fB\\-\\-format\\fR \\fBtable\\fR|\\fBjson\\fR\nHow; table when not given.\n"));
  CHECK(has(page, ".TP\n\\fIEXPR\\fR\n\\&.what.\n"));  // not a request
  CHECK(has(page, ".RS\n.nf\ntacho ask \\(aqx\\(aq\n.fi\n.RE\n"));
  for (const char* section : {"FILES", "ENVIRONMENT", "EXIT STATUS", "EXAMPLES", "SEE ALSO"})
    CHECK(has(page, fmt::format("\n.SH {}\n", section)));
}

TEST_CASE("the manual's page has all that there is, in lines that are not long") {
  const Command all = describe_command_line();
  const std::string page = man_page(all);
  for (const Command& v : all.verbs) {
    const std::string name = typed(v.name);
    const std::size_t begin = page.find(fmt::format(".SS {}\n", name));
    REQUIRE(begin != std::string::npos);
    const std::string section = page.substr(begin, std::min(page.find(".SS ", begin + 4), page.find(".SH ", begin)) - begin);
    for (const CommandArgument& a : v.arguments) {
      if (a.positional() || a.flags.back() == "--help") continue;
      const std::string flag = typed(a.flags.back());
      INFO(v.name << " " << a.flags.back());
      CHECK(has(section, fmt::format("\\fB{}\\fR", flag)));
    }
  }
  std::size_t from = 0;
  for (std::size_t to; (to = page.find('\n', from)) != std::string::npos; from = to + 1) CHECK(to - from <= 110);
}
