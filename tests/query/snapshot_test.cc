// The API over a snapshot answers what it answers over the window, byte for byte.
#include "query/api/api.h"
#include "tests/snapshot_node.h"

using namespace tacho;
using namespace tacho::query;
using test::SnapshotNode;

namespace {

std::string answer(const Api& api, const std::string& path, std::vector<std::pair<std::string, std::string>> params) {
  return api.handle({.method = "GET", .path = path, .query = std::move(params)}).body;
}

}  // namespace

TEST_CASE("queries over a snapshot answer what they answer over the window, byte for byte") {
  int answers = 0;
  for (std::uint32_t seed = 10; seed < 13; ++seed) {
    const SnapshotNode node(seed);
    const store::MemoryStore file = SnapshotNode::opened(SnapshotNode::written(node.view(), node.frame()));
    const Api over_window(node.view()), over_file(file);
    std::mt19937 random(seed);
    for (const std::string expr :
         {"load", "busy_seconds_total", "rate(busy_seconds_total[15s])", "sum by (job_name) (count_over_time(load[20s]))",
          "max_over_time(load{job_name=\"a\"}[30s])", "count({job_name=\"b\"})", "topk(2, load)", "load[40s]", "absent(nothing)",
          "quantile_over_time(0.9, load[1m]) by (cpu)", "last_over_time({cpu=\"4\"}[1m]) * on () group_left () vector(2)"}) {
      for (int i = 0; i < 4; ++i) {
        INFO("seed " << seed << ", " << expr);
        const std::string at = std::to_string(SnapshotNode::kBegin / 1000 + 60 + random() % 340);
        const std::string instant = answer(over_window, "/api/v1/query", {{"query", expr}, {"time", at}});
        REQUIRE(instant == answer(over_file, "/api/v1/query", {{"query", expr}, {"time", at}}));
        const std::string begin = std::to_string(std::stoll(at) - 50);
        const std::vector<std::pair<std::string, std::string>> range{
            {"query", expr}, {"start", begin}, {"end", at}, {"step", "1"}};
        REQUIRE(answer(over_window, "/api/v1/query_range", range) == answer(over_file, "/api/v1/query_range", range));
        answers += instant.find("\"value") != std::string::npos ? 1 : 0;
      }
    }
  }
  CHECK(answers > 60);  // they were about something
}
