#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cstdio>
#include <limits>

#include "proto/base/file.h"
#include "proto/base/number.h"
#include "proto/http.h"
#include "query/api/json.h"
#include "query/engine/engine.h"
#include "query/jobs/job_json.h"
#include "query/jobs/job_text.h"
#include "store/directory.h"
#include "store/identity/log.h"
#include "tools/agent/job_archive.h"
#include "tools/agent/job_labels.h"
#include "tools/answers/data.h"
#include "tools/answers/job_charts.h"
#include "tools/answers/job_nodes.h"
#include "tools/answers/nodes.h"
#include "tools/answers/remote.h"
#include "tools/terminal/charset.h"
#include "tools/terminal/colour.h"
#include "tools/terminal/terminal.h"
#include "tools/verbs/verbs.h"

namespace tacho::tools {
namespace {

namespace json = boost::json;

constexpr TimeMs kNever = std::numeric_limits<TimeMs>::max() / 4;

// `newest`: what --last counts back from where no --at is given.
std::string seconds_text(std::int64_t ms) {
  std::string out;
  append_seconds(out, ms);
  return out;
}

store::TimeRange range_of(const JobVerbOptions& o, TimeMs newest) {
  return {o.last_ms ? o.at.value_or(newest) - *o.last_ms : 0, o.at.value_or(kNever)};
}

bool with_charts(const JobVerbOptions& o) {
  if (o.name.empty() || o.format != "table") return false;
  return o.charts == "always" || (o.charts == "auto" && stdout_width() > 0);
}

void print_charts(const std::vector<ChartedRun>& runs, const AskRange& ask_range, bool by_node = false) {
  const JobChartsLook look{.width = terminal_size(STDOUT_FILENO).value_or(TerminalSize{.width = 100}).width,
                           .charset = choose_charset(),
                           .colours = colours_of(STDOUT_FILENO),
                           .by_node = by_node};
  std::fputs(job_charts(runs, ask_range, look).c_str(), stdout);
}

std::string jobs_path(const JobVerbOptions& o, const std::string& format) {
  Params params;
  const store::TimeRange range = range_of(o, system_clock().wall_ms());
  if (range.min > 0) params.emplace_back("start", std::to_string(range.min / 1000));
  if (range.max < kNever) params.emplace_back("end", std::to_string(range.max / 1000));
  if (!o.name.empty()) params.emplace_back("job", o.name);
  if (format == "table") {
    params.emplace_back("format", "text");
    if (const std::size_t width = stdout_width(); width > 0) params.emplace_back("width", std::to_string(width));
  }
  std::string path = "/api/v1/jobs";
  for (const auto& [k, v] : params) path += (path.find('?') == std::string::npos ? "?" : "&") + k + "=" + url_encode(v);
  return path;
}

Params range_params(const std::string& expr, TimeMs start, TimeMs end, std::int64_t step_ms) {
  return {{"query", expr}, {"start", seconds_text(start)}, {"end", seconds_text(end)}, {"step", seconds_text(step_ms)}};
}

int ask_agent(const JobVerbOptions& o) {
  const auto body = ask(*o.data.url, jobs_path(o, o.format), {});
  if (!body) return fail(body.error());
  std::printf("%s%s", body->c_str(), o.format == "json" ? "\n" : "");
  if (!with_charts(o)) return 0;
  const auto report = ask(*o.data.url, jobs_path(o, "json"), {});
  if (!report) return fail(report.error());
  print_charts(parse_charted_runs(*report), [&](const std::string& expr, TimeMs start, TimeMs end, std::int64_t step_ms) {
    const auto answer = ask(*o.data.url, "/api/v1/query_range", range_params(expr, start, end, step_ms));
    return answer ? parse_answer(*answer) : std::unexpected(answer.error());
  });
  return 0;
}

// Below the nodes' pages: of all nodes together.
void print_nodes_charts(const JobVerbOptions& o, const NodesJobs& jobs, const std::vector<NodeAddress>& nodes) {
  const auto run = spanning_run(jobs, o.name);
  if (!run) return;
  const AskRange ask_all = [&](const std::string& expr, TimeMs start, TimeMs end,
                               std::int64_t step_ms) -> Result<query::QueryResult> {
    NodesAnswer answer = ask_nodes(nodes, "/api/v1/query_range", range_params(expr, start, end, step_ms), o.nodes_timeout_ms);
    if (answer.answered == 0) return failure("no node answers");
    return std::move(answer.result);
  };
  print_charts({*run}, ask_all, true);
}

// One job: its sums, then what each node says of it.
void print_nodes_pages(const JobVerbOptions& o, const NodesJobs& jobs, const std::vector<NodeAddress>& nodes) {
  // A name without a namespace can be that of several jobs.
  for (const auto& [job, sums] : jobs.jobs) std::fputs(nodes_job_header(job, sums, stdout_width()).c_str(), stdout);
  std::vector<NodeAddress> with_runs;
  for (const NodeAddress& address : nodes) {
    const auto has_runs = [&](const NodeJobs& n) { return n.node == address.name && !n.runs.empty(); };
    if (std::any_of(jobs.nodes.begin(), jobs.nodes.end(), has_runs)) with_runs.push_back(address);
  }
  const auto pages = ask_each(with_runs, jobs_path(o, "table"), {}, o.nodes_timeout_ms);
  for (std::size_t i = 0; i < pages.size(); ++i) {
    std::printf("\nnode %s\n", with_runs[i].name.c_str());
    std::fputs(pages[i] ? pages[i]->c_str() : (pages[i].error().message + "\n").c_str(), stdout);
  }
  if (with_charts(o)) print_nodes_charts(o, jobs, with_runs);
}

int ask_nodes_jobs(const JobVerbOptions& o) {
  const auto nodes = parse_nodes(*o.nodes);
  if (!nodes) return fail(nodes.error());
  std::vector<std::string> names;
  for (const NodeAddress& n : *nodes) names.push_back(n.name);
  const NodesJobs jobs = join_jobs(names, ask_each(*nodes, jobs_path(o, "json"), {}, o.nodes_timeout_ms));
  for (const std::string& silent : jobs.silent) std::fprintf(stderr, "tacho: no answer of %s\n", silent.c_str());
  if (!jobs.silent.empty()) std::fprintf(stderr, "tacho: %zu of %zu nodes answered\n", jobs.nodes.size(), nodes->size());
  if (jobs.nodes.empty()) return 1;
  if (o.format == "json") {
    std::printf("%s\n", nodes_job_json(jobs).c_str());
  } else if (o.name.empty()) {
    std::fputs(nodes_job_table(jobs, stdout_width()).c_str(), stdout);
  } else if (jobs.jobs.empty()) {
    return fail(Error{"no node that answers has a job '" + o.name + "' in this time; tacho job --nodes lists those there are"});
  } else {
    print_nodes_pages(o, jobs, *nodes);
  }
  return jobs.silent.empty() ? 0 : 1;
}

AskRange ask_store(const store::Queryable& data) {
  return [&data](const std::string& expr, TimeMs start, TimeMs end, std::int64_t step_ms) -> Result<query::QueryResult> {
    auto result = query::Engine().range(data, expr, start, end, step_ms);
    if (!result) return failure("{}", result.error().message);
    return std::move(*result);
  };
}

std::string envelope(const std::string& report) {
  return query::api_success_json([&](query::JsonText& out) { out.raw(report); }) + "\n";
}

// Their runs in one report, as if of a window that reached so far. What the devices came to is each report's own, and not in it.
std::string join_reports(const std::vector<std::string>& reports) {
  json::object all;
  json::array jobs;
  for (const std::string& text : reports) {
    boost::system::error_code ec;
    const json::value report = json::parse(text, ec);
    const json::object* o = ec || !report.is_object() ? nullptr : &report.as_object();
    const json::value* runs = o == nullptr ? nullptr : o->if_contains("jobs");
    if (runs == nullptr || !runs->is_array()) continue;  // cut short by a full disk, say
    if (const json::value* from = o->if_contains("from"); from != nullptr && !all.contains("from")) all["from"] = *from;
    if (const json::value* to = o->if_contains("to"); to != nullptr) all["to"] = *to;  // they are in the order of their ends
    jobs.insert(jobs.end(), runs->as_array().begin(), runs->as_array().end());
  }
  all["jobs"] = std::move(jobs);
  return json::serialize(all);
}

// Whether there was one.
bool print_archived(const JobVerbOptions& o) {
  const store::StoreDirs dirs = store::reader_dirs(o.data.state, o.data.runtime);
  std::vector<std::string> reports;
  for (const ArchivedJob& job : archived_jobs(dirs.state, o.name)) {
    auto text = read_file(o.format == "json" ? job.json_path : job.text_path);
    if (text) reports.push_back(std::move(*text));
  }
  if (o.format == "json" && !reports.empty()) reports = {envelope(join_reports(reports))};
  for (const std::string& report : reports) std::printf("%s", report.c_str());
  if (!reports.empty() && with_charts(o))
    std::printf("\nno charts: the window no longer holds the job's seconds; this is what was kept of it when it ended\n");
  return !reports.empty();
}

// The window may have forgotten the beginning of what is kept whole.
void print_where_kept(const JobVerbOptions& o) {
  for (const ArchivedJob& job : archived_jobs(store::reader_dirs(o.data.state, o.data.runtime).state, o.name))
    std::printf("\nkept when it ended: %s\n", job.text_path.c_str());
}

}  // namespace

int job(const JobVerbOptions& o) {
  if (o.nodes) return ask_nodes_jobs(o);
  if (o.data.url) return ask_agent(o);
  const auto data = open_data(o.data);
  if (!data) return fail(data.error());
  store::TimelineSource timeline;
  if (!o.data.file) {
    const auto reader = std::make_shared<store::IdentityReader>(store::reader_dirs(o.data.state, o.data.runtime).state);
    timeline = [reader] { return reader->timeline(); };
  }
  const TimeMs newest = o.last_ms && !o.at ? newest_time(**data, o.data) : 0;
  auto report =
      query::make_job_report(**data, range_of(o, newest),
                             {.is_identity = identity_labels_of(timeline), .now = o.data.file ? 0 : system_clock().wall_ms()});
  if (!report) return fail(report.error());
  const auto is_other = [&](const query::JobRun& r) { return !r.owner.is_called(o.name); };
  if (!o.name.empty()) std::erase_if(report->runs, is_other);
  if (!o.name.empty() && report->runs.empty()) {
    if (!o.data.file && print_archived(o)) return 0;
    return fail(Error{"there is no job '" + o.name + "' in this time; tacho job lists those there are"});
  }
  if (o.format == "json") {
    std::printf("%s", envelope(query::job_json(*report)).c_str());
  } else {
    const std::size_t width = stdout_width();
    std::fputs((o.name.empty() ? query::job_table(*report, width) : query::job_pages(*report, o.name, width)).c_str(), stdout);
    if (with_charts(o)) print_charts(charted_runs(*report), ask_store(**data));
    if (!o.name.empty() && !o.data.file) print_where_kept(o);
  }
  return 0;
}

}  // namespace tacho::tools
