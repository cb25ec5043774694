#include "tools/answers/job_charts.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <set>

#include "proto/base/duration.h"
#include "proto/base/text_columns.h"
#include "tools/terminal/heat.h"

namespace tacho::tools {
namespace {

namespace json = boost::json;

constexpr std::size_t kHeatLines = 70;  // 64 devices, and what frames them
constexpr std::size_t kChartLines = 8;
constexpr std::size_t kBesideHeat = 22;   // columns of names and peaks, roughly
constexpr std::size_t kBesideChart = 14;  // of values

std::string run_title(const std::string& owner, std::size_t run, std::size_t runs) {
  return owner + (runs > 1 ? fmt::format(" (run {} of {})", run, runs) : "");
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view("\\.+*?()|[]{}^$").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

// All the pods' values of a label, or none if one has none.
std::set<std::string> values_of(const ChartedRun& run, std::string_view label) {
  std::set<std::string> out;
  for (const Labels& pod : run.pods) {
    if (!pod.has(label)) return {};
    out.emplace(pod.get(label));
  }
  return out;
}

// A whole number of seconds, so that a run has at most so many of them.
std::int64_t step_for(const ChartedRun& run, std::size_t cells) {
  const std::int64_t seconds = (run.end - run.begin) / 1000 + 1;
  const auto n = static_cast<std::int64_t>(std::max<std::size_t>(cells, 10));
  return (seconds + n - 1) / n * 1000;
}

// Over the step that begins at each point, the point's own second included.
std::string over_step(std::string_view function, const std::string& selector, std::int64_t step_ms) {
  const std::string later = step_ms > 1000 ? fmt::format(" offset -{}s", step_ms / 1000 - 1) : "";
  return fmt::format("{}({}[{}s]{})", function, selector, step_ms / 1000, later);
}

// A card's mean over its window, or, where it tells none, what it draws at the moment. Both of one card are one card's, and not added.
std::string power_of_cards(const std::string& selector, std::int64_t step_ms) {
  const std::string but_instant =
      selector.substr(0, selector.size() - 1) + (selector == "{}" ? "" : ",") + R"(window!="instant"})";
  const auto card = [&](const std::string& some) {
    return fmt::format("max by (vendor, accel, partition) ({})", over_step("avg_over_time", "accel_power_watts" + some, step_ms));
  };
  return fmt::format("sum({} or {})", card(but_instant), card(selector));
}

// On whole seconds, where the samples are.
TimeMs first_second(const ChartedRun& run) { return run.begin / 1000 * 1000; }

std::string utilization(const ChartedRun& run, const std::string& selector, const AskRange& ask, const JobChartsLook& look) {
  const std::int64_t step = step_for(run, look.width > kBesideHeat ? look.width - kBesideHeat : 10);
  const auto result = ask(fmt::format("avg by (vendor, accel, partition) ({})",
                                      over_step("avg_over_time", "accel_utilization_ratio" + selector, step)),
                          first_second(run), run.end, step);
  if (!result) return fmt::format("no charts: {}\n", result.error());
  if (result->series.empty()) return "";
  return "utilization\n" + heat(*result, {.width = look.width,
                                          .height = kHeatLines,
                                          .charset = look.charset,
                                          .colours = look.colours,
                                          .unit = TopUnit::ratio,
                                          .begin = first_second(run),
                                          .end = run.end,
                                          .step_ms = step,
                                          .point = "mean"});
}

std::string line(const ChartedRun& run, const std::string& expr, std::int64_t step, const std::string& title, TopUnit unit,
                 const AskRange& ask, const JobChartsLook& look) {
  const auto result = ask(expr, first_second(run), run.end, step);
  if (!result) return fmt::format("no chart of {}: {}\n", title, result.error());
  if (result->series.empty()) return "";
  return fmt::format("{} of {}\n", title, format_duration(step)) + chart(*result, {.width = look.width,
                                                                                   .height = kChartLines,
                                                                                   .charset = look.charset,
                                                                                   .colours = look.colours > 0,
                                                                                   .unit = unit,
                                                                                   .begin = first_second(run),
                                                                                   .end = run.end,
                                                                                   .step_ms = step});
}

std::string charts_of(const ChartedRun& run, const AskRange& ask, const JobChartsLook& look) {
  const std::string selector = run_selector(run);
  std::string out = utilization(run, selector, ask, look);
  if (out.starts_with("no charts")) return out;
  const auto add = [&](const std::string& text) { out += (out.empty() || text.empty() ? "" : "\n") + text; };
  const std::int64_t step = step_for(run, look.width > kBesideChart ? look.width - kBesideChart : 10);
  add(line(run, power_of_cards(selector, step), step,
           look.by_node ? "power of each node's devices, mean" : "power of all devices, mean", TopUnit::watts, ask, look));
  add(line(run, fmt::format("max({})", over_step("max_over_time", "accel_memory_used_bytes" + selector, step)), step,
           look.by_node ? "memory of each node's fullest device, peak" : "memory of the fullest device, peak", TopUnit::bytes,
           ask, look));
  return out.empty() ? "no charts: the window holds none of its seconds\n" : out;
}

Labels labels_of(const json::value& v) {
  Labels out;
  if (const json::object* o = v.if_object()) {
    for (const auto& [name, value] : *o) {
      if (value.is_string()) out.set(std::string(name), std::string(value.as_string()));
    }
  }
  return out;
}

const json::value* member(const json::value& v, std::string_view name) {
  const json::object* o = v.if_object();
  return o == nullptr ? nullptr : o->if_contains(name);
}

double number_of(const json::value& v, std::string_view name) {
  const json::value* n = member(v, name);
  return n != nullptr && n->is_number() ? n->to_number<double>() : 0;
}

std::string text_of(const json::value& v, std::string_view name) {
  const json::value* t = member(v, name);
  return t != nullptr && t->is_string() ? std::string(t->as_string()) : "";
}

ChartedRun parse_run(const json::value& v) {
  const query::JobOwner owner{text_of(v, "job"), text_of(v, "namespace")};
  ChartedRun run{.title = run_title(owner.text(), static_cast<std::size_t>(std::max(0.0, number_of(v, "run"))),
                                    static_cast<std::size_t>(std::max(0.0, number_of(v, "runs")))),
                 .begin = static_cast<TimeMs>(number_of(v, "begin") * 1000),
                 .end = static_cast<TimeMs>(number_of(v, "end") * 1000)};
  if (const json::value* devices = member(v, "devices"); devices != nullptr && devices->is_array())
    run.devices = devices->as_array().size();
  if (const json::value* pods = member(v, "pods"); pods != nullptr && pods->is_array()) {
    for (const json::value& pod : pods->as_array()) {
      const json::value* labels = member(pod, "labels");
      run.pods.push_back(labels == nullptr ? Labels() : labels_of(*labels));
    }
  }
  return run;
}

}  // namespace

std::vector<ChartedRun> charted_runs(const query::JobReport& report) {
  std::vector<ChartedRun> out;
  for (const query::JobRun& run : report.runs) {
    ChartedRun one{.title = run_title(run.owner.text(), run.run, run.runs),
                   .begin = run.begin,
                   .end = run.end,
                   .devices = run.devices.size()};
    for (const query::PodReport& pod : run.pods) one.pods.push_back(pod.labels);
    out.push_back(std::move(one));
  }
  return out;
}

std::vector<ChartedRun> parse_charted_runs(const std::string& body) {
  boost::system::error_code ec;
  const json::value answer = json::parse(body, ec);
  const json::value* data = ec ? nullptr : member(answer, "data");
  const json::value* jobs = data == nullptr ? nullptr : member(*data, "jobs");
  std::vector<ChartedRun> out;
  if (jobs == nullptr || !jobs->is_array()) return out;
  for (const json::value& run : jobs->as_array()) out.push_back(parse_run(run));
  return out;
}

std::string run_selector(const ChartedRun& run) {
  std::string out;
  const auto add = [&](std::string_view label) {
    const std::set<std::string> values = values_of(run, label);
    if (values.empty()) return false;
    std::string any;
    for (const std::string& v : values) any += (any.empty() ? "" : "|") + escaped(v);
    out += fmt::format("{}{}{}{}", out.empty() ? "" : ",", label, values.size() == 1 ? "=" : "=~",
                       quoted(values.size() == 1 ? *values.begin() : any));
    return true;
  };
  // As the report tells pods apart.
  if (!add("pod_uid")) {
    add("namespace");
    if (!add("pod") && !add("hpc_job") && !add("slurm_job_id") && !add("job_id")) add("job_name");
  }
  return "{" + out + "}";
}

std::string job_charts(const std::vector<ChartedRun>& runs, const AskRange& ask, const JobChartsLook& look) {
  std::string out;
  const std::size_t first = runs.size() > kRunsCharted ? runs.size() - kRunsCharted : 0;
  for (std::size_t i = first; i < runs.size(); ++i) {
    if (runs[i].devices == 0 || runs[i].end < runs[i].begin) continue;
    out += "\n";
    if (runs.size() > 1) out += cut_middle(printable(runs[i].title), look.width) + "\n";
    out += charts_of(runs[i], ask, look);
  }
  if (first > 0) out += fmt::format("\ncharts of the latest {} runs of {}\n", kRunsCharted, runs.size());
  return out;
}

}  // namespace tacho::tools
