#include "tools/check/node_check.h"

#include <algorithm>
#include <map>
#include <set>

#include "query/events/rules.h"
#include "query/events/sentence.h"

namespace tacho::tools {
namespace {

constexpr const char* kEventAction = "tacho events --last 1h tells the whole story; with --last 5m only what is newer counts";

// Xids after which NVIDIA asks for a reset, a reboot or an exchange; the others are mostly the program's own doing.
bool is_fatal_xid(std::string_view code) {
  constexpr std::string_view kFatal[] = {"48", "62", "64", "74", "79", "95", "119", "120", "140", "143"};
  return std::find(std::begin(kFatal), std::end(kFatal), code) != std::end(kFatal);
}

// Of all rules' metrics those that the node has samples of.
Result<std::set<std::string, std::less<>>> metrics_there(const AskInstant& ask) {
  std::set<std::string_view> wanted;
  for (const CheckRule& rule : check_rules()) wanted.insert(rule.metric);
  std::string names;
  for (const std::string_view name : wanted) names.append(names.empty() ? "" : "|").append(name);
  const auto answer = ask("count by (__name__) ({__name__=~\"" + names + "\"})");
  if (!answer) return std::unexpected(answer.error());
  std::set<std::string, std::less<>> out;
  for (const query::ResultSeries& s : answer->series) out.emplace(s.labels.get("__name__"));
  return out;
}

Finding finding_of(const CheckRule& rule, const query::ResultSeries& series) {
  query::Event as_event;  // whose sentences these are, too
  as_event.labels = series.labels;
  as_event.device = query::event_device(series.labels);
  as_event.count = series.points.back().v;
  return {rule.level,
          std::string(rule.area),
          as_event.device,
          query::event_sentence(rule.text, as_event),
          std::string(rule.action),
          {},
          1};
}

// Since when the node runs: what was before a restart has been mended by it, or will show again. 0: it does not say.
Result<TimeMs> started(const AskInstant& ask) {
  const auto boot = ask("max(node_boot_time_seconds)");
  if (!boot) return std::unexpected(boot.error());
  return boot->series.empty() ? 0 : static_cast<TimeMs>(boot->series[0].points.back().v * 1000);
}

// One finding a kind of thing and device, with the last sentence and how many there were.
void add_events(std::span<const query::Event> events, TimeMs since, std::vector<Finding>& findings) {
  std::map<std::tuple<FitLevel, std::string, std::string>, Finding> by_thing;
  for (const query::Event& e : events) {
    const auto level = event_level(e);
    if (!level || e.time < since) continue;
    const auto [at, is_new] = by_thing.try_emplace({*level, e.kind, e.device});
    Finding& f = at->second;
    if (is_new)
      f = {*level, e.kind, e.device, e.text, kEventAction, e.time, 1};
    else
      f.text = e.text, f.time = e.time, ++f.times;
  }
  for (auto& [key, finding] : by_thing) findings.push_back(std::move(finding));
}

}  // namespace

bool NodeCheck::fit() const {
  return std::none_of(findings.begin(), findings.end(), [](const Finding& f) { return f.level == FitLevel::fail; });
}

std::optional<FitLevel> event_level(const query::Event& e) {
  if (e.severity == query::Severity::info) return {};
  // What is so now the rules say; what the agent itself went through says nothing of the node.
  for (const char* kind : {"throttle", "health", "gap", "restart", "missed", "hang", "child", "scrape", "lost_rows"})
    if (e.kind == kind) return {};
  // It is back.
  if (e.kind == "lost") return e.ongoing ? FitLevel::fail : FitLevel::warn;
  if (e.kind == "xid") return is_fatal_xid(e.labels.get(e.labels.has("code") ? "code" : "xid")) ? FitLevel::fail : FitLevel::warn;
  // A program that took too much memory has been dealt with.
  if (e.kind == "oom" || e.severity == query::Severity::warning) return FitLevel::warn;
  return FitLevel::fail;
}

Result<NodeCheck> check_node(const AskInstant& ask, std::span<const query::Event> events,
                             std::optional<std::size_t> expected_accelerators) {
  const auto there = metrics_there(ask);
  if (!there) return std::unexpected(there.error());
  NodeCheck out;
  out.rules_all = check_rules().size();
  for (const CheckRule& rule : check_rules()) {
    if (!there->contains(rule.metric)) continue;
    ++out.rules;
    const auto answer = ask(check_expression(rule));
    if (!answer) return std::unexpected(answer.error());
    for (const query::ResultSeries& series : answer->series) out.findings.push_back(finding_of(rule, series));
  }
  const auto cards = ask("count(count by (vendor, accel) (accel_up))");
  if (!cards) return std::unexpected(cards.error());
  if (!cards->series.empty()) out.accelerators = static_cast<std::size_t>(cards->series[0].points.back().v);
  if (expected_accelerators && out.accelerators < *expected_accelerators) {
    out.findings.push_back({FitLevel::fail,
                            "accelerator",
                            "",
                            fmt::format("{} of {} accelerators are there", out.accelerators, *expected_accelerators),
                            "look for the missing ones: lspci, the driver, the kernel's log",
                            {},
                            1});
  }
  const auto since = started(ask);
  if (!since) return std::unexpected(since.error());
  add_events(events, *since, out.findings);
  std::stable_sort(out.findings.begin(), out.findings.end(),
                   [](const Finding& a, const Finding& b) { return a.level > b.level; });
  return out;
}

}  // namespace tacho::tools
