// A node of the fleet page: its seconds are those it has, and what is asked again is what may be new.
#include "tools/top/fleet/node.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "proto/base/number.h"
#include "query/engine/engine.h"
#include "tests/query/test_store.h"
#include "tools/top/fleet/view.h"

using namespace tacho;
using namespace tacho::tools;

namespace {

constexpr TimeMs kBegin = 1'795'439'400'000;

// An agent's two paths, over samples that a test writes.
struct Agent {
  query::TestStore store;
  TimeMs now = kBegin;  // its clock
  bool silent = false;
  std::vector<std::pair<TimeMs, TimeMs>> ranges;  // that were asked for

  void tick(int second, double busy, bool with_cards = true) {
    const TimeMs t = kBegin + second * 1000;
    store.add(Labels::of("tacho_process_cpu_seconds_total"), t, second);
    store.add(Labels::of("node_uname_info", {{"nodename", "gpu-7"}}), t, 1);
    store.add(Labels::of("node_cpu_seconds_total", {{"cpu", "0"}, {"mode", "user"}}), t, 0.25 * second);
    store.add(Labels::of("node_cpu_seconds_total", {{"cpu", "0"}, {"mode", "idle"}}), t, 0.75 * second);
    for (int card = 0; with_cards && card < 2; ++card) {
      const auto labels = [&](const char* name) {
        return Labels::of(name, {{"vendor", "nvidia"}, {"accel", std::to_string(card)}});
      };
      store.add(labels("accel_up"), t, 1);
      store.add(labels("accel_utilization_ratio"), t, card == 0 ? busy : 1.0);
      store.add(labels("accel_power_watts"), t, 300 + card);
    }
    now = t + 200;
  }
  FleetNode::Ask ask() {
    return [this](const std::string& path, const Params& params) -> Result<query::QueryResult> {
      if (silent) return failure("refused");
      std::map<std::string, std::string> p(params.begin(), params.end());
      const auto ms = [&](const char* name) { return *parse_time(p[name]); };
      const query::Engine engine;
      query::Result r = path == "/api/v1/query" ? engine.instant(store, p["query"], now)
                                                : engine.range(store, p["query"], ms("start"), ms("end"), 1000);
      if (path != "/api/v1/query") ranges.emplace_back(ms("start"), ms("end"));
      if (!r) return failure("{}", r.error().message);
      return std::move(*r);
    };
  }
};

}  // namespace

TEST_CASE("a look has the newest minute, each value at its second") {
  Agent agent;
  for (int s = 0; s <= 90; ++s) agent.tick(s, s == 80 ? 0.0 : 0.5);
  FleetNode node(agent.ask());
  REQUIRE(node.look());
  const FleetHistory& h = *node.history();
  CHECK(h.end == kBegin + 90'000);
  CHECK(node.sample_age_ms() == 200);
  CHECK(node.own_name() == "gpu-7");
  CHECK(node.interval_ms() == 1000);
  CHECK(h.now(FleetMetric::devices) == 2);
  CHECK(h.now(FleetMetric::busy) == 0.75);
  CHECK(h.now(FleetMetric::least) == 0.5);
  CHECK(h.now(FleetMetric::most) == 1.0);
  CHECK(h.now(FleetMetric::power) == 601);
  CHECK(h.now(FleetMetric::cpu) == 0.25);
  CHECK_FALSE(h.now(FleetMetric::lost));
  CHECK_FALSE(h.now(FleetMetric::hottest));
  CHECK(h.of(FleetMetric::least)[kFleetSeconds - 1 - 10] == 0.0);
  CHECK(h.of(FleetMetric::least)[kFleetSeconds - 1 - 9] == 0.5);
}

TEST_CASE("the next look asks for what is new, and what was there moves on") {
  Agent agent;
  for (int s = 0; s <= 90; ++s) agent.tick(s, s == 80 ? 0.0 : 0.5);
  FleetNode node(agent.ask());
  REQUIRE(node.look());
  const auto before = node.history();
  for (int s = 91; s <= 93; ++s) agent.tick(s, 0.25);
  REQUIRE(node.look());
  CHECK(agent.ranges.back().first >= kBegin + 86'000);
  CHECK(agent.ranges.back().second == kBegin + 93'000);
  CHECK(node.history()->of(FleetMetric::least)[kFleetSeconds - 1 - 13] == 0.0);
  CHECK(node.history()->of(FleetMetric::least)[kFleetSeconds - 1 - 2] == 0.25);
  CHECK(before->of(FleetMetric::least)[kFleetSeconds - 1 - 10] == 0.0);  // what was given out does not change
  // After a long sleep of the one who looks there is a whole minute to ask for again.
  for (int s = 94; s <= 300; ++s) agent.tick(s, 0.5);
  REQUIRE(node.look());
  CHECK(agent.ranges.back().first == kBegin + 241'000);
}

TEST_CASE("a second without a value is a gap, and not the one before it") {
  Agent agent;
  for (int s = 0; s <= 20; ++s) agent.tick(s, 0.5, s < 10 || s > 12);
  FleetNode node(agent.ask());
  REQUIRE(node.look());
  const auto& least = node.history()->of(FleetMetric::least);
  for (int s = 0; s <= 20; ++s)
    CHECK(std::isnan(least[static_cast<std::size_t>(kFleetSeconds - 21 + s)]) == (s >= 10 && s <= 12));
  CHECK(std::isnan(least[kFleetSeconds - 22]));
}

TEST_CASE("a card's power is its mean where it tells one, and what it draws now where it does not") {
  Agent agent;
  for (int s = 0; s <= 5; ++s) {
    agent.tick(s, 0.5, false);
    const auto add = [&](const char* card, const char* window, double v) {
      agent.store.add(Labels::of("accel_power_watts", {{"vendor", "nvidia"}, {"accel", card}, {"window", window}}),
                      kBegin + s * 1000, v);
    };
    add("0", "average", 300);
    add("0", "instant", 450);
    add("1", "instant", 100);
  }
  FleetNode node(agent.ask());
  REQUIRE(node.look());
  CHECK(node.history()->now(FleetMetric::power) == 400);
}

TEST_CASE("a card that calls itself unfit every ten seconds is so at every second") {
  Agent agent;
  for (int s = 0; s <= 60; ++s) {
    agent.tick(s, 0.5);
    if (s % 10 == 0) {
      agent.store.add(Labels::of("accel_health_status", {{"vendor", "nvidia"}, {"accel", "0"}}), kBegin + s * 1000, 0);
      agent.store.add(Labels::of("accel_health_status", {{"vendor", "nvidia"}, {"accel", "1"}}), kBegin + s * 1000, 1);
    }
  }
  FleetNode node(agent.ask());
  REQUIRE(node.look());
  for (std::size_t i = 0; i < kFleetSeconds; ++i) CHECK(node.history()->of(FleetMetric::unfit)[i] == 1);
}

TEST_CASE("who does not answer keeps what was known") {
  Agent agent;
  for (int s = 0; s <= 5; ++s) agent.tick(s, 0.5);
  FleetNode node(agent.ask());
  REQUIRE(node.look());
  agent.silent = true;
  CHECK(node.look().error().message == "refused");
  CHECK(node.history()->now(FleetMetric::least) == 0.5);
  FleetNode never(agent.ask());
  CHECK_FALSE(never.look());
  CHECK(never.history() == nullptr);
  agent.silent = false;
  agent.now += 600'000;
  REQUIRE(node.look());
  CHECK_FALSE(node.sample_age_ms());
}

TEST_CASE("an address gives way to the node's own name, where that is one's alone") {
  std::vector<FleetNodeView> nodes(4);
  nodes[0] = {.name = "10.0.0.1:9980", .own_name = "gpu-1"};
  nodes[1] = {.name = "10.0.0.2:9980", .own_name = "twin"};
  nodes[2] = {.name = "10.0.0.3:9980", .own_name = "twin"};
  nodes[3] = {.name = "login.example:9980", .own_name = "login"};
  const FleetView view = finish_fleet_view(std::move(nodes));
  CHECK(view.nodes[0].title() == "gpu-1");
  CHECK(view.nodes[1].title() == "10.0.0.2:9980");
  CHECK(view.nodes[2].title() == "10.0.0.3:9980");
  CHECK(view.nodes[3].title() == "login.example:9980");
}

TEST_CASE("a node is silent when its samples are old or nobody answers, and not for one answer that is late") {
  const auto is_silent = [](std::optional<std::int64_t> age_ms, std::int64_t answer_age_ms, const char* problem = "") {
    return FleetNodeView{.asked = true, .problem = problem, .age_ms = age_ms, .answer_age_ms = answer_age_ms}.is_silent();
  };
  CHECK_FALSE(is_silent(1500, 1000));
  CHECK_FALSE(is_silent(5000, 4500));
  CHECK(is_silent(5000, 500));
  CHECK_FALSE(is_silent(2000, 1500, "refused"));
  CHECK(is_silent(3500, 3000, "refused"));
  CHECK(is_silent(20'000, 19'500));
  CHECK(is_silent(std::nullopt, 0));
  CHECK_FALSE(FleetNodeView{}.is_silent());  // not asked yet
}
