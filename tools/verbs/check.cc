#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "proto/base/clock.h"
#include "proto/base/duration.h"
#include "query/api/json.h"
#include "query/engine/engine.h"
#include "query/json/object.h"
#include "store/directory.h"
#include "tools/answers/data.h"
#include "tools/answers/events.h"
#include "tools/answers/own_sample.h"
#include "tools/answers/remote.h"
#include "tools/check/node_check.h"
#include "tools/terminal/colour.h"
#include "tools/terminal/result_text.h"
#include "tools/terminal/terminal.h"
#include "tools/verbs/verbs.h"

namespace tacho::tools {
namespace {

constexpr std::int64_t kFreshMs = 15'000;  // an agent that runs has newer samples

AskInstant ask_store(const store::Queryable& store, TimeMs at) {
  return [&store, at](const std::string& expr) -> Result<query::QueryResult> {
    auto answer = query::Engine().instant(store, expr, at);
    if (!answer) return std::unexpected(Error{answer.error().message});
    return std::move(*answer);
  };
}

AskInstant ask_url(const std::string& url) {
  return [url](const std::string& expr) -> Result<query::QueryResult> {
    const auto body = ask(url, "/api/v1/query", {{"query", expr}});
    if (!body) return std::unexpected(body.error());
    return parse_answer(*body);
  };
}

struct Checked {
  NodeCheck check;
  std::string of;  // whose samples these were
};

Result<Checked> checked(const AskInstant& ask, std::string of, const CheckOptions& o, std::span<const query::Event> events) {
  auto check = check_node(ask, events, o.accelerators);
  if (!check) return std::unexpected(check.error());
  return Checked{std::move(*check), std::move(of)};
}

Result<std::vector<query::Event>> lately(const CheckOptions& o) {
  auto answer = ask_events(o.data, {.matcher = {}, .start = {}, .end = {}, .last_ms = o.last_ms, .limit = 0});
  if (!answer) return std::unexpected(answer.error());
  return std::move(answer->events);
}

// Whether this node's own window, where none was named, is one that an agent keeps now.
bool is_kept(const DataChoice& choice, TimeMs now) {
  const auto data = open_data(choice);
  return data && (*data)->bounds().max > now - kFreshMs;
}

// Somebody wants to know of another tree than this machine's.
bool is_given(const sampler::Roots& roots) {
  const sampler::Roots usual;
  return roots.procfs != usual.procfs || roots.sysfs != usual.sysfs || roots.rootfs != usual.rootfs;
}

// Samples that say nothing of the node as it is; a file is asked for what was.
std::optional<Error> is_old(const CheckOptions& o, TimeMs now) {
  if (o.data.url || o.data.file) return {};
  const auto data = open_data(o.data);
  if (!data) return data.error();
  const TimeMs newest = (*data)->bounds().max;
  if (newest > now - kFreshMs) return {};
  return Error{
      fmt::format("no agent keeps these samples now: the newest is {} old. Start it, or leave --state and --runtime out for a "
                  "sample of this moment",
                  format_duration((now - newest) / 1000 * 1000))};
}

Result<Checked> look(const CheckOptions& o) {
  const TimeMs now = system_clock().wall_ms();
  const bool is_named = o.data.url || o.data.file || o.data.state || o.data.runtime;
  if (!is_named && (is_given(o.roots) || !is_kept(o.data, now)))
    return checked(ask_store(as_store(own_sample(o.roots), now), now), "a sample of its own, for no agent runs here", o, {});
  if (const auto old = is_old(o, now)) return std::unexpected(*old);
  const auto events = lately(o);
  // A Prometheus, or an agent of an earlier version, knows no events.
  if (!events && !o.data.url) return std::unexpected(events.error());
  if (!events) std::fprintf(stderr, "tacho: what happened lately is not known: %s\n", events.error().message.c_str());
  const std::vector<query::Event> happened = events.value_or(std::vector<query::Event>());
  if (o.data.url) return checked(ask_url(*o.data.url), "the agent at " + *o.data.url, o, happened);
  const auto data = open_data(o.data);
  if (!data) return std::unexpected(data.error());
  return checked(ask_store(**data, newest_time(**data, o.data)), o.data.file ? *o.data.file : "this node's agent", o, happened);
}

std::string times_of(const Finding& f) {
  if (!f.time) return "";
  if (f.times == 1) return fmt::format(" at {}", clock_text(*f.time, true));
  return fmt::format(", {} times, the last at {}", f.times, clock_text(*f.time, true));
}

std::string counted(std::size_t n, const char* what) { return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s"); }

void print_table(const Checked& c) {
  std::size_t area = 0;
  for (const Finding& f : c.check.findings) area = std::max(area, f.area.size());
  const bool colours = colours_on(STDOUT_FILENO);
  for (const Finding& f : c.check.findings) {
    const char* const colour = !colours ? "" : f.level == FitLevel::fail ? "\033[31m" : "\033[33m";
    const std::string line =
        fmt::format("{:<4}  {:<{}}  {}{}; {}", fit_level_name(f.level), f.area, area, f.text, times_of(f), f.action);
    std::fputs(line_for_stdout(line, 4 + 2 + area + 2, colour, 0, 4).c_str(), stdout);
  }
  const auto fails = static_cast<std::size_t>(std::count_if(c.check.findings.begin(), c.check.findings.end(),
                                                            [](const Finding& f) { return f.level == FitLevel::fail; }));
  const std::string sum =
      fmt::format("{}: {}, {}; {} of {} rules had something to look at, {}; by {}", c.check.fit() ? "fit" : "NOT FIT",
                  counted(fails, "failure"), counted(c.check.findings.size() - fails, "warning"), c.check.rules,
                  c.check.rules_all, counted(c.check.accelerators, "accelerator"), c.of);
  std::fputs(line_for_stdout(sum, 2).c_str(), stdout);
}

void print_json(const Checked& c) {
  const std::string body = query::api_success_json([&](query::JsonText& out) {
    query::JsonObject o(out);
    o.flag("fit", c.check.fit());
    o.text("by", c.of);
    o.number("rules", static_cast<double>(c.check.rules));
    o.number("rules_all", static_cast<double>(c.check.rules_all));
    o.number("accelerators", static_cast<double>(c.check.accelerators));
    query::write_list(o.key("findings"), c.check.findings, [&out](const Finding& f) {
      query::JsonObject finding(out);
      finding.text("level", f.level == FitLevel::fail ? "fail" : "warn");
      finding.text("area", f.area);
      finding.text("device", f.device);
      finding.text("text", f.text);
      finding.text("action", f.action);
      if (f.time) finding.seconds("time", *f.time);
      finding.number("count", static_cast<double>(f.times));
    });
  });
  std::printf("%s\n", body.c_str());
}

}  // namespace

int check(const CheckOptions& o) {
  const auto c = look(o);
  if (!c) return fail(c.error());
  if (c->check.rules == 0) return fail(Error{"there is nothing to check: " + c->of + " has none of the metrics that tell"});
  if (o.format == "json")
    print_json(*c);
  else
    print_table(*c);
  return c->check.fit() ? 0 : 1;
}

}  // namespace tacho::tools
