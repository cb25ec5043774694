#include "tools/command/man_page.h"

#include <fmt/format.h>

#include <sstream>

namespace tacho::tools {
namespace {

constexpr char kDate[] = "2026-11-26";  // of kTail's text

constexpr std::size_t kLineBytes = 78;

// Words as they are, in the page's text: no hyphen that is broken at, no quote that is bent.
std::string roff(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '\\': out += "\\e"; break;
      case '-': out += "\\-"; break;
      case '\'': out += "\\(aq"; break;
      case '`': out += "\\(ga"; break;
      case '^': out += "\\(ha"; break;
      case '~': out += "\\(ti"; break;
      default: out += c;
    }
  }
  return out.starts_with('.') ? "\\&" + out : out;
}

std::string bold(std::string_view text) { return "\\fB" + roff(text) + "\\fR"; }
std::string italic(std::string_view text) { return "\\fI" + roff(text) + "\\fR"; }

// In lines that are not long, and none that reads as a request.
std::string sentence(std::string_view text) {
  std::string out, line;
  std::istringstream words{std::string(text)};
  for (std::string word; words >> word;) {
    word = roff(word);
    if (!line.empty() && line.size() + word.size() + 1 > kLineBytes) {
      out += line + "\n";
      line.clear();
    }
    line += (line.empty() ? "" : " ") + word;
  }
  return out + line + (text.ends_with('.') ? "\n" : ".\n");
}

// --help's texts begin small.
std::string capital(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

std::string value_of(const CommandArgument& a) {
  if (a.choices.empty() || a.positional()) return italic(a.value);
  std::vector<std::string> choices;
  for (const std::string& c : a.choices) choices.push_back(bold(c));
  return fmt::format("{}", fmt::join(choices, "|"));
}

std::string argument(const CommandArgument& a) {
  std::string head;
  for (const std::string& flag : a.flags) head += (head.empty() ? "" : ", ") + bold(flag);
  if (a.positional()) head = italic(a.value);
  if (!a.positional() && !a.value.empty()) head += " " + value_of(a);
  std::string text = a.help;
  if (a.positional() && !a.choices.empty()) text += fmt::format(": {}", fmt::join(a.choices, ", "));
  if (!a.fallback.empty()) text += fmt::format("; {} when not given", a.fallback);
  if (!a.excludes.empty()) text += fmt::format("; not with {}", fmt::join(a.excludes, ", "));
  if (a.required && !a.positional()) text += "; must be given";
  return ".TP\n" + head + "\n" + sentence(capital(text));
}

std::string synopsis(const Command& verb) {
  std::string out = bold("tacho") + " " + bold(verb.name);
  std::string options;
  for (const CommandArgument& a : verb.arguments) {
    const bool required = a.required && !a.positional();
    if (required) out += fmt::format(" {}{}", bold(a.flags.back()), a.value.empty() ? "" : " " + italic(a.value));
    if (a.positional()) options += a.required ? " " + italic(a.value) : " [" + italic(a.value) + "]";
  }
  return out + " [" + italic("OPTION") + "]..." + options + "\n";
}

std::string example(std::string_view text) { return ".RS\n.nf\n" + roff(text) + "\n.fi\n.RE\n"; }

std::string verb_section(const Command& verb) {
  std::string out = ".SS " + roff(verb.name) + "\n" + synopsis(verb) + ".PP\n" + sentence(capital(verb.what));
  for (const CommandArgument& a : verb.arguments) {
    if (a.flags.empty() || a.flags.back() != "--help") out += argument(a);
  }
  for (const std::string& e : verb.examples) out += ".PP\nExample:\n.PP\n" + example(e);
  return out;
}

constexpr char kTail[] = R"(.SH FILES
.TP
.I /etc/tacho/tacho.yaml
The configuration of the service
.IR tacho.service ,
which is
.B tacho run
with it.
.TP
.I /var/lib/tacho
The ring, on the disk
.RB ( \-\-state ).
Members of the group
.B tacho
may read it.
.TP
.I /run/tacho
The newest minutes, in shared memory
.RB ( \-\-runtime ).
.SH ENVIRONMENT
.TP
.B NO_COLOR
Set and not empty: no colours, as with
.BR \-\-no\-color .
.TP
.BR LC_ALL ", " LC_CTYPE ", " LANG
Whether the terminal is shown UTF\-8 or ASCII.
.TP
.B HOSTNAME
The node's name in
.I ${HOSTNAME}
of the configuration; the system's when not set.
.TP
.BR TACHO_NVML_LIBRARY ", " TACHO_DCMI_LIBRARY ", " TACHO_IXML_LIBRARY ", " TACHO_EFML_LIBRARY
Vendors' libraries in odd places.
.SH EXIT STATUS
.TP
.B 0
Good.
.TP
.B 1
The answer is bad news, or the operation failed;
one line on the standard error says why.
.TP
.B 2
Wrong usage.
.SH SEE ALSO
.BR prometheus (1),
.I /usr/share/doc/tacho/README.md
)";

}  // namespace

std::string man_page(const Command& command_line) {
  std::string out = fmt::format(".TH TACHO 1 {} \"tacho {}\" \"User Commands\"\n", kDate, TACHO_VERSION);
  out += ".SH NAME\ntacho \\- every second of a training node, kept on the node\n.SH SYNOPSIS\n";
  for (const Command& verb : command_line.verbs) out += (&verb == &command_line.verbs.front() ? "" : ".br\n") + synopsis(verb);
  out += ".SH DESCRIPTION\n" + sentence(command_line.what) + ".SH OPTIONS\n";
  for (const CommandArgument& a : command_line.arguments) out += argument(a);
  out += ".SH VERBS\n";
  for (const Command& verb : command_line.verbs) out += verb_section(verb);
  out += ".SH EXAMPLES\n";
  for (const std::string& e : command_line.examples) out += example(e);
  return out + kTail;
}

}  // namespace tacho::tools
