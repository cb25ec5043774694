#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "proto/base/duration.h"
#include "query/api/json.h"
#include "query/events/event_json.h"
#include "tools/answers/data.h"
#include "tools/answers/events.h"
#include "tools/terminal/colour.h"
#include "tools/terminal/result_text.h"
#include "tools/terminal/terminal.h"
#include "tools/verbs/verbs.h"

namespace tacho::tools {
namespace {

std::string sentence(const query::Event& e) {
  if (!e.began_earlier && !e.ongoing) return e.text;
  return fmt::format("{} ({}{}{})", e.text, e.began_earlier ? "began earlier" : "", e.began_earlier && e.ongoing ? ", " : "",
                     e.ongoing ? "goes on" : "");
}

const char* colour_of(query::Severity severity) {
  return severity == query::Severity::error ? "\033[31m" : severity == query::Severity::warning ? "\033[33m" : "";
}

void print_table(const EventsAnswer& answer) {
  std::size_t kind = 0, device = 0, time = 0;
  for (const query::Event& e : answer.events) {
    kind = std::max(kind, e.kind.size());
    device = std::max(device, e.device.size());
    time = std::max(time, clock_text(e.time, true).size());
  }
  const bool colours = colours_on(STDOUT_FILENO);
  for (const query::Event& e : answer.events) {
    const char* const colour = colours ? colour_of(e.severity) : "";
    const std::string line = fmt::format("{:<{}}  {:<7}  {:<{}}  {:<{}}  {}", clock_text(e.time, true), time,
                                         query::severity_name(e.severity), e.kind, kind, e.device, device, sentence(e));
    std::fputs(line_for_stdout(line, time + 2 + 7 + 2 + kind + 2 + device + 2, colour, time + 2, 7).c_str(), stdout);
  }
  if (answer.events.empty()) {
    std::printf("no events in the %s before %s\n", format_duration((answer.range.max - answer.range.min) / 1000 * 1000).c_str(),
                clock_text(answer.range.max / 1000 * 1000, true).c_str());
  }
}

}  // namespace

int events(const EventsOptions& o) {
  const EventsQuestion question{.matcher = o.matcher, .start = o.start, .end = o.end, .last_ms = o.last_ms, .limit = o.limit};
  if (o.start && o.end && *o.end < *o.start) return fail(Error{"--end is before --start"});
  const auto answer = ask_events(o.data, question);
  if (!answer) return fail(answer.error());
  if (o.format == "json") {
    std::vector<std::string> warnings;
    if (!answer->warning.empty()) warnings.push_back(answer->warning);
    const std::string body =
        query::api_success_json([&](query::JsonText& out) { query::write_events(out, answer->events); }, warnings);
    std::printf("%s\n", body.c_str());
    return 0;
  }
  print_table(*answer);
  if (!answer->warning.empty()) std::fprintf(stderr, "tacho: %s\n", answer->warning.c_str());
  return 0;
}

}  // namespace tacho::tools
