// A job on several nodes: the sums are what the nodes say, and who says nothing is said.
#include "tools/answers/job_nodes.h"

#include <catch2/catch.hpp>

using namespace tacho;
using namespace tacho::tools;

namespace {

std::string report(const std::string& jobs) { return R"({"status":"success","data":{"from":0,"to":10,"jobs":[)" + jobs + "]}}"; }

const std::string kTrain =
    R"({"job":"train","namespace":"a","run":1,"runs":1,"begin":100,"end":200,"device_hours":2,)"
    R"("total":{"utilization_mean":0.5,"energy_joules":1000000,"stalled_seconds":10,"throttled_seconds":1},)"
    R"("pods":[{"labels":{"pod_uid":"u1"}}],"devices":[{},{}]})";
const std::string kOther = R"({"job":"train","namespace":"a","run":1,"runs":1,"begin":90,"end":150.5,"device_hours":6,)"
                           R"("total":{"utilization_mean":0.9,"stalled_seconds":5,"throttled_seconds":0},)"
                           R"("pods":[{"labels":{"pod_uid":"u2"}}],"devices":[{},{},{}]})";

}  // namespace

TEST_CASE("a job's sums are those of its nodes, its mean weighs them by what they held") {
  const NodesJobs jobs =
      join_jobs({"n1", "n2", "n3", "n4"}, {report(kTrain), report(kOther), failure("refused"), Result<std::string>("<html>")});
  REQUIRE(jobs.nodes.size() == 2);
  CHECK(jobs.silent == std::vector<std::string>{"n3: refused", "n4: its answer is no report of jobs"});
  REQUIRE(jobs.jobs.size() == 1);
  const JobSums& s = jobs.jobs.at("a/train");
  CHECK(s.nodes == 2);
  CHECK(s.runs == 2);
  CHECK(s.devices == 5);
  CHECK(s.device_hours == 8);
  CHECK(nodes_job_header("a/train", s, 0) ==
        "job a/train on 2 nodes: 5 devices, 8.000 device-hours, 1.00 MJ of energy, 80.0 % busy, stalled for 15s, throttled for "
        "1s\n");
  CHECK(nodes_job_table(jobs, 0) ==
        "job      nodes  runs  devices  device-hours  utilization  stalled   energy  throttled\n"
        "a/train      2     2        5         8.000       80.0 %      15s  1.00 MJ         1s\n");
  const auto run = spanning_run(jobs, "train");
  REQUIRE(run);
  CHECK(run->begin == 90'000);
  CHECK(run->end == 200'000);
  CHECK(run_selector(*run) == R"({pod_uid=~"u1|u2"})");
}

TEST_CASE("what no node read is absent of the sums, and a cluster without jobs says so") {
  const NodesJobs jobs = join_jobs({"n1"}, {report(R"({"job":"j","device_hours":1,"total":{}})")});
  CHECK(nodes_job_header("j", jobs.jobs.at("j"), 0) ==
        "job j on 1 node: 0 devices, 1.000 device-hours, - of energy, - busy, stalled for -, throttled for 0s\n");
  CHECK(nodes_job_table(join_jobs({"n1"}, {report("")}), 0).starts_with("no job: "));
  CHECK_FALSE(spanning_run(join_jobs({"n1"}, {report("")}), "x"));
}

TEST_CASE("as JSON each node's report is as it said, and who is silent is a warning") {
  const NodesJobs jobs = join_jobs({"n1", "n2"}, {report(""), failure("refused")});
  CHECK(
      nodes_job_json(jobs) ==
      R"({"status":"success","data":{"nodes":[{"node":"n1","report":{"from":0,"to":10,"jobs":[]}}]},"warnings":["n2: refused"]})");
}
