#include "tools/answers/job_nodes.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <set>

#include "proto/base/duration.h"
#include "proto/base/text_table.h"
#include "query/api/json.h"
#include "query/jobs/job_owner.h"
#include "query/json/object.h"
#include "tools/terminal/format.h"

namespace tacho::tools {
namespace {

namespace json = boost::json;

const json::object* object_of(const json::value* v) { return v == nullptr ? nullptr : v->if_object(); }

std::optional<double> number_of(const json::object& o, std::string_view name) {
  const json::value* v = o.if_contains(name);
  return v != nullptr && v->is_number() ? std::optional(v->to_number<double>()) : std::nullopt;
}

std::string text_of(const json::object& o, std::string_view name) {
  const json::value* v = o.if_contains(name);
  return v != nullptr && v->is_string() ? std::string(v->as_string()) : "";
}

void add_run(JobSums& sums, const json::object& run) {
  ++sums.runs;
  if (const json::value* devices = run.if_contains("devices"); devices != nullptr && devices->is_array())
    sums.devices += devices->as_array().size();
  const double hours = number_of(run, "device_hours").value_or(0);
  sums.device_hours += hours;
  const json::object* total = object_of(run.if_contains("total"));
  if (total == nullptr) return;
  if (const auto mean = number_of(*total, "utilization_mean")) {
    sums.busy_hours += *mean * hours;
    sums.rated_hours += hours;
  }
  if (const auto joules = number_of(*total, "energy_joules")) sums.energy_joules = sums.energy_joules.value_or(0) + *joules;
  if (const auto stalled = number_of(*total, "stalled_seconds"))
    sums.stalled_seconds = sums.stalled_seconds.value_or(0) + *stalled;
  sums.throttled_seconds += number_of(*total, "throttled_seconds").value_or(0);
}

std::string busy_text(const JobSums& s) {
  return s.rated_hours > 0 ? format_full(s.busy_hours / s.rated_hours, TopUnit::ratio) : "-";
}
std::string energy_text(const JobSums& s) {
  if (!s.energy_joules) return "-";
  const std::string number = format_full(*s.energy_joules, TopUnit::count);  // "12.3 M"
  return number.find(' ') == std::string::npos ? number + " J" : number + "J";
}
std::string span_text(double seconds) { return format_duration(static_cast<std::int64_t>(seconds) * 1000); }
std::string stalled_text(const JobSums& s) { return s.stalled_seconds ? span_text(*s.stalled_seconds) : "-"; }

}  // namespace

NodesJobs join_jobs(const std::vector<std::string>& names, const std::vector<Result<std::string>>& bodies) {
  NodesJobs out;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (!bodies[i]) {
      out.silent.push_back(fmt::format("{}: {}", names[i], bodies[i].error()));
      continue;
    }
    boost::system::error_code ec;
    const json::value answer = json::parse(*bodies[i], ec);
    const json::object* envelope = ec ? nullptr : object_of(&answer);
    const json::object* data = envelope == nullptr ? nullptr : object_of(envelope->if_contains("data"));
    const json::value* runs = data == nullptr ? nullptr : data->if_contains("jobs");
    if (runs == nullptr || !runs->is_array()) {
      out.silent.push_back(fmt::format("{}: its answer is no report of jobs", names[i]));
      continue;
    }
    std::set<std::string> here;
    for (const json::value& run : runs->as_array()) {
      const json::object* o = run.if_object();
      if (o == nullptr) continue;
      const std::string job = query::JobOwner{text_of(*o, "job"), text_of(*o, "namespace")}.text();
      JobSums& sums = out.jobs[job];
      add_run(sums, *o);
      sums.nodes += here.insert(job).second;
    }
    out.nodes.push_back({names[i], json::serialize(*data), parse_charted_runs(*bodies[i])});
  }
  return out;
}

std::string nodes_job_table(const NodesJobs& jobs, std::size_t width) {
  if (jobs.jobs.empty()) return "no job: on no node a series carries the labels of a pod or job in this time\n";
  TextTable t{.columns = std::vector<TextTable::Column>(9, {.right = true}),
              .rows = {{"job", "nodes", "runs", "devices", "device-hours", "utilization", "stalled", "energy", "throttled"}}};
  t.columns[0].right = false;
  for (const auto& [job, s] : jobs.jobs) {
    t.rows.push_back({job, std::to_string(s.nodes), std::to_string(s.runs), std::to_string(s.devices),
                      fmt::format("{:.3f}", s.device_hours), busy_text(s), stalled_text(s), energy_text(s),
                      span_text(s.throttled_seconds)});
  }
  return t.text(width);
}

std::string nodes_job_header(const std::string& job, const JobSums& s, std::size_t width) {
  return fitted_line(fmt::format("job {} on {} node{}: {} devices, {:.3f} device-hours, {} of energy, {} busy, stalled for {}, "
                                 "throttled for {}",
                                 job, s.nodes, s.nodes == 1 ? "" : "s", s.devices, s.device_hours, energy_text(s), busy_text(s),
                                 stalled_text(s), span_text(s.throttled_seconds)),
                     width);
}

std::string nodes_job_json(const NodesJobs& jobs) {
  return query::api_success_json(
      [&](query::JsonText& out) {
        query::JsonObject o(out);
        query::write_list(o.key("nodes"), jobs.nodes, [&](const NodeJobs& n) {
          query::JsonObject node(out);
          node.text("node", n.node);
          node.key("report").raw(n.report);
        });
      },
      jobs.silent);
}

std::optional<ChartedRun> spanning_run(const NodesJobs& jobs, const std::string& title) {
  std::optional<ChartedRun> out;
  for (const NodeJobs& node : jobs.nodes) {
    for (const ChartedRun& run : node.runs) {
      if (!out) out = ChartedRun{.title = title, .begin = run.begin, .end = run.end};
      out->begin = std::min(out->begin, run.begin);
      out->end = std::max(out->end, run.end);
      out->devices += run.devices;
      out->pods.insert(out->pods.end(), run.pods.begin(), run.pods.end());
    }
  }
  return out;
}

}  // namespace tacho::tools
