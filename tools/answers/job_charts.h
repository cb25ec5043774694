// What a job's devices did over its time, drawn below its page: tacho job NAME.
//
// Shape    a run: a heat strip of how busy each device was (a cell is the mean of its time: a stall of some seconds shows, where a peak would hide
//          it), the power of all its devices together, and the memory of the fullest. Only seconds that carry the run's labels count.
// Bounds   the latest kRunsCharted runs.
// Errors   none: what cannot be drawn is said in a line, a run that the window no longer holds as well.
// Threads  as `ask` has it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "query/engine/result.h"
#include "query/jobs/job_report.h"
#include "tools/terminal/chart.h"

namespace tacho::tools {

inline constexpr std::size_t kRunsCharted = 3;

// What is needed of a run, from a report or from its JSON.
struct ChartedRun {
  std::string title;  // "team-a/train-7 (run 2 of 3)"
  TimeMs begin = 0, end = 0;
  std::size_t devices = 0;
  std::vector<Labels> pods;
};
std::vector<ChartedRun> charted_runs(const query::JobReport& report);
// Of the body of an answer of /api/v1/jobs; what is not as it should be is left out.
std::vector<ChartedRun> parse_charted_runs(const std::string& body);

// {namespace="team-a",pod_uid=~"u1|u2"}: the matchers that choose the run's series; "{}" where its pods have no such label.
std::string run_selector(const ChartedRun& run);

using AskRange =
    std::function<Result<query::QueryResult>(const std::string& expr, TimeMs start, TimeMs end, std::int64_t step_ms)>;

struct JobChartsLook {
  std::size_t width = 80;
  Charset charset = Charset::utf8;
  int colours = 0;
  bool by_node = false;  // answers are of several nodes: each series carries its node
};
std::string job_charts(const std::vector<ChartedRun>& runs, const AskRange& ask, const JobChartsLook& look);

}  // namespace tacho::tools
