// Below a job's page: what its devices did, and only its own seconds.
#include "tools/answers/job_charts.h"

#include <catch2/catch.hpp>
#include <sstream>

#include "proto/base/text_columns.h"
#include "query/engine/engine.h"
#include "query/jobs/job_json.h"
#include "tests/query/test_store.h"

using namespace tacho;
using namespace tacho::tools;

namespace {

constexpr TimeMs kBegin = 1'795'439'400'000;

Labels pod(const std::string& uid) {
  return Labels{{"job_name", "train"}, {"namespace", "team-a"}, {"pod", "train-" + uid}, {"pod_uid", uid}};
}

// Two cards: the first is the run's for 100 s, then another's; the second has no holder.
struct Node {
  query::TestStore store;
  ChartedRun run{.title = "team-a/train", .begin = kBegin, .end = kBegin + 99'000, .devices = 1, .pods = {pod("u1")}};

  void add(const std::string& metric, const std::string& accel, Labels labels, int second, double v) {
    labels.set("__name__", metric);
    labels.set("vendor", "nvidia");
    labels.set("accel", accel);
    store.add(labels, kBegin + second * 1000, v);
  }
  Node() {
    for (int s = 0; s < 200; ++s) {
      add("accel_utilization_ratio", "0", pod(s < 100 ? "u1" : "u2"), s, s == 50 || s == 51 ? 0.0 : 1.0);
      add("accel_power_watts", "0", pod(s < 100 ? "u1" : "u2"), s, s < 100 ? 400 : 700);
      add("accel_utilization_ratio", "1", {}, s, 1.0);
    }
  }
  AskRange ask() const {
    return [this](const std::string& expr, TimeMs start, TimeMs end, std::int64_t step) -> Result<query::QueryResult> {
      auto r = query::Engine().range(store, expr, start, end, step);
      if (!r) return failure("{}", r.error().message);
      return std::move(*r);
    };
  }
  std::string charts(std::size_t width = 130) const {
    return job_charts({run}, ask(), {.width = width, .charset = Charset::ascii});
  }
};

}  // namespace

TEST_CASE("a job's charts are of its own seconds, and a second of rest is seen where there is room for each second") {
  ::setenv("TZ", "UTC", 1);
  ::tzset();
  const std::string text = Node().charts();
  INFO(text);
  CHECK(text.starts_with("\nutilization\n"));
  CHECK(text.find("\n" + std::string(50, '@') + ".." + std::string(48, '@') + "   ") != std::string::npos);
  CHECK(text.find("accel=\"1\"") == std::string::npos);  // nobody's card
  CHECK(text.find("accel=\"0\"") != std::string::npos);
  CHECK(text.find("a cell: mean of 1s") != std::string::npos);
  CHECK(text.find("power of all devices, mean of 1s\n") != std::string::npos);
  CHECK(text.find("from 400 W to 400 W") != std::string::npos);
  CHECK(text.find("memory") == std::string::npos);  // which was not read
}

TEST_CASE("a card that tells its mean power and its power now draws it once") {
  Node n;
  for (int s = 0; s < 100; ++s) {
    const auto add = [&](const char* accel, const char* window, double v) {
      Labels labels = pod("u3");
      labels.set("window", window);
      n.add("accel_power_watts", accel, labels, s, v);
      n.add("accel_utilization_ratio", accel, pod("u3"), s, 1.0);
    };
    add("2", "average", 500);
    add("2", "instant", 650);
    add("3", "instant", 100);  // which tells no mean
  }
  n.run.pods = {pod("u3")};
  const std::string text = n.charts();
  INFO(text);
  CHECK(text.find("from 600 W to 600 W") != std::string::npos);
}

TEST_CASE("a cell of several seconds is their mean, from its first to its last") {
  const Node n;
  const std::string text = n.charts(80);
  INFO(text);
  CHECK(text.find("a cell: mean of 2s") != std::string::npos);
  CHECK(text.find("\n" + std::string(25, '@') + "." + std::string(24, '@') + "   ") != std::string::npos);
  for (const std::size_t width : {40, 60, 80}) {
    std::istringstream in(n.charts(width));
    for (std::string line; std::getline(in, line);) CHECK(columns_of(line) <= width);
  }
}

TEST_CASE("a run that the window no longer holds, and a server that does not answer, are said") {
  Node n;
  n.run.begin -= 3'600'000;
  n.run.end -= 3'600'000;
  CHECK(n.charts() == "\nno charts: the window holds none of its seconds\n");
  const AskRange none = [](const std::string&, TimeMs, TimeMs, std::int64_t) -> Result<query::QueryResult> {
    return failure("no answer of http://x");
  };
  CHECK(job_charts({n.run}, none, {}) == "\nno charts: no answer of http://x\n");
}

TEST_CASE("of many runs the latest are drawn, and a run without devices has no charts") {
  Node n;
  const std::string text = job_charts(std::vector<ChartedRun>(5, n.run), n.ask(), {});
  CHECK(text.find("charts of the latest 3 runs of 5") != std::string::npos);
  n.run.devices = 0;
  CHECK(n.charts().empty());
}

TEST_CASE("a run's series are chosen as the report tells its pods apart") {
  ChartedRun run;
  run.pods = {pod("u.1"), pod("u2")};
  CHECK(run_selector(run) == R"({pod_uid=~"u\\.1|u2"})");
  run.pods = {Labels{{"pod", "a"}, {"namespace", "b"}}};
  CHECK(run_selector(run) == R"({namespace="b",pod="a"})");
  run.pods = {Labels{{"hpc_job", "41"}}};
  CHECK(run_selector(run) == R"({hpc_job="41"})");
  run.pods = {Labels()};
  CHECK(run_selector(run) == "{}");
}

TEST_CASE("what a report's JSON says of its runs is what the report says") {
  query::JobReport report;
  query::JobRun run;
  run.owner = {"train", "team-a"};
  run.run = 2;
  run.runs = 3;
  run.begin = kBegin;
  run.end = kBegin + 1500;
  run.pods.push_back({pod("u1"), kBegin, kBegin + 1500});
  run.devices.resize(2);
  report.runs.push_back(run);
  const auto direct = charted_runs(report);
  const auto parsed = parse_charted_runs(R"({"status":"success","data":)" + query::job_json(report) + "}");
  REQUIRE(parsed.size() == 1);
  CHECK(parsed[0].title == "team-a/train (run 2 of 3)");
  CHECK(parsed[0].title == direct[0].title);
  CHECK(parsed[0].begin == run.begin);
  CHECK(parsed[0].end == run.end);
  CHECK(parsed[0].devices == 2);
  CHECK(parsed[0].pods == direct[0].pods);
  for (const char* broken : {"", "{}", "[]", R"({"data":1})", R"({"data":{"jobs":[1,{"pods":3}]}})"})
    CHECK(parse_charted_runs(broken).size() <= 2);
}
