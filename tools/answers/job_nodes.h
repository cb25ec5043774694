// What a job used on several nodes: each node's report, and all of them together.
//
// Shape    sums of what the nodes' reports say; the mean utilisation counts each run by the time in which devices were held. Seconds are the
//          nodes' own: a run that spans nodes is one run on each.
// Threads  pure.   Errors  a report that is not as it should be counts as silent.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "proto/base/error.h"
#include "tools/answers/job_charts.h"

namespace tacho::tools {

// Of one job, of all its runs on all nodes. What no node read is absent.
struct JobSums {
  std::size_t nodes = 0, runs = 0, devices = 0;
  double device_hours = 0;
  double busy_hours = 0, rated_hours = 0;  // of runs with a utilisation: device-hours times it, and alone
  std::optional<double> energy_joules;
  std::optional<double> stalled_seconds;
  double throttled_seconds = 0;
};

struct NodeJobs {
  std::string node;
  std::string report;  // the JSON of its "data"
  std::vector<ChartedRun> runs;
};
struct NodesJobs {
  std::vector<NodeJobs> nodes;          // those that answered
  std::vector<std::string> silent;      // one sentence a node that did not
  std::map<std::string, JobSums> jobs;  // by "team-a/train-7"
};
// `bodies` are the nodes' answers of /api/v1/jobs, in the order of their names.
NodesJobs join_jobs(const std::vector<std::string>& names, const std::vector<Result<std::string>>& bodies);

// All jobs, a line each; width as of proto/base/text_table.h.
std::string nodes_job_table(const NodesJobs& jobs, std::size_t width);
// What stands above the nodes' pages of one job.
std::string nodes_job_header(const std::string& job, const JobSums& sums, std::size_t width);
// {"status":"success","data":{"nodes":[{"node":...,"report":...}]},"warnings":[...]}
std::string nodes_job_json(const NodesJobs& jobs);
// The first second to the last of all runs, with all their pods: what charts of all nodes are of.
std::optional<ChartedRun> spanning_run(const NodesJobs& jobs, const std::string& title);

}  // namespace tacho::tools
