#include <boost/json.hpp>
#include <cstdio>
#include <limits>

#include "proto/base/file.h"
#include "proto/http.h"
#include "query/api/json.h"
#include "query/jobs/job_json.h"
#include "query/jobs/job_text.h"
#include "store/directory.h"
#include "store/identity/log.h"
#include "tools/agent/job_archive.h"
#include "tools/agent/job_labels.h"
#include "tools/answers/data.h"
#include "tools/answers/remote.h"
#include "tools/verbs/verbs.h"

namespace tacho::tools {
namespace {

namespace json = boost::json;

constexpr TimeMs kNever = std::numeric_limits<TimeMs>::max() / 4;

// `newest`: what --last counts back from where no --at is given.
store::TimeRange range_of(const JobVerbOptions& o, TimeMs newest) {
  return {o.last_ms ? o.at.value_or(newest) - *o.last_ms : 0, o.at.value_or(kNever)};
}

int ask_agent(const JobVerbOptions& o) {
  Params params;
  const store::TimeRange range = range_of(o, system_clock().wall_ms());
  if (range.min > 0) params.emplace_back("start", std::to_string(range.min / 1000));
  if (range.max < kNever) params.emplace_back("end", std::to_string(range.max / 1000));
  if (!o.name.empty()) params.emplace_back("job", o.name);
  if (o.format == "table") params.emplace_back("format", "text");
  std::string path = "/api/v1/jobs";
  for (const auto& [k, v] : params) path += (path.find('?') == std::string::npos ? "?" : "&") + k + "=" + url_encode(v);
  const auto body = ask(*o.data.url, path, {});
  if (!body) return fail(body.error());
  std::printf("%s%s", body->c_str(), o.format == "json" ? "\n" : "");
  return 0;
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
  return !reports.empty();
}

// The window may have forgotten the beginning of what is kept whole.
void print_where_kept(const JobVerbOptions& o) {
  for (const ArchivedJob& job : archived_jobs(store::reader_dirs(o.data.state, o.data.runtime).state, o.name))
    std::printf("\nkept when it ended: %s\n", job.text_path.c_str());
}

}  // namespace

int job(const JobVerbOptions& o) {
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
    std::printf("%s", (o.name.empty() ? query::job_table(*report) : query::job_pages(*report, o.name)).c_str());
    if (!o.name.empty() && !o.data.file) print_where_kept(o);
  }
  return 0;
}

}  // namespace tacho::tools
