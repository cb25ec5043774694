#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <set>

#include "query/events/event_json.h"
#include "query/events/find_events.h"
#include "query/events/rules.h"
#include "query/events/sentence.h"
#include "tests/query/test_store.h"

using namespace tacho;
using namespace tacho::query;

namespace {

constexpr TimeMs kBegin = 1'700'000'000'000;
constexpr double kStale = -1000;  // in a test's list of values: the series ends here
constexpr double kNone = -2000;   // no row

TimeMs at(int second) { return kBegin + second * 1000; }

Labels card(const std::string& metric, std::vector<Label> more = {}) {
  more.insert(more.end(), {{"__name__", metric}, {"vendor", "nvidia"}, {"accel", "3"}, {"pci_bus_id", "0000:3b:00.0"}});
  return Labels(std::move(more));
}

// A row a second from `first` on.
void add(TestStore& store, const Labels& labels, const std::vector<double>& values, int first = 0) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] == kNone) continue;
    store.add(labels, at(first + static_cast<int>(i)), values[i] == kStale ? stale_marker() : values[i]);
  }
}

EventList find(const TestStore& store, store::TimeRange range = {0, kBegin * 2}, EventLimits limits = {}) {
  auto found = find_events(store, range, limits);
  REQUIRE(found);
  return std::move(*found);
}

std::string said(const Event& e) {
  std::string out = fmt::format("{}{} {} {}: {}", (e.time - kBegin) / 1000, e.began_earlier ? "<" : "", severity_name(e.severity),
                                e.kind, e.text);
  if (e.is_episode) out += e.ongoing ? " [ongoing]" : fmt::format(" [{}]", (e.end - kBegin) / 1000);
  return out;
}

std::vector<std::string> said(const EventList& list) {
  std::vector<std::string> out;
  for (const Event& e : list.events) out.push_back(said(e));
  return out;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("an error is counted in the second in which its counter stepped, by how much it did") {
  TestStore store;
  add(store, card("accel_errors_total", {{"code", "79"}}), {0, 0, 1, 1, 4});
  const EventList found = find(store);
  CHECK(said(found) == Lines{"2 error xid: nvidia 3 reported Xid 79", "4 error xid: nvidia 3 reported Xid 79 3 times"});
  REQUIRE(found.events.size() == 2);
  CHECK(found.events[1].count == 3);
  CHECK(found.events[1].device == "nvidia 3");
  CHECK(found.events[1].labels.get("code") == "79");
}

TEST_CASE("what a counter begins with, begins anew with, or shows after a gap is no event") {
  TestStore store;
  add(store, card("accel_errors_total", {{"code", "1"}}), {5, 5, 5});
  add(store, card("accel_errors_total", {{"code", "2"}}), {5, 5, 2, 2});           // a reset
  add(store, card("accel_errors_total", {{"code", "3"}}), {5, kStale, kNone, 9});  // another series of the same name
  const Labels silent = card("accel_errors_total", {{"code", "4"}});
  add(store, silent, {5});
  add(store, silent, {9}, 1 + static_cast<int>(kEventLeadMs / 1000));
  CHECK(said(find(store)) == Lines{});
  // A row that is missing is not a gap: the step is told with the row that shows it.
  add(store, card("accel_errors_total", {{"code", "5"}}), {5, kNone, 6});
  CHECK(said(find(store)) == Lines{"2 error xid: nvidia 3 reported Xid 5"});
}

TEST_CASE("an episode begins with the first row that shows it and ends with the first that does not") {
  TestStore store;
  add(store, card("accel_throttle_active", {{"reason", "thermal_hw"}}), {0, 0, 1, 1, 1, 0, 0});
  add(store, card("accel_throttle_active", {{"reason", "idle"}}), {0, 1, 0, 1, 0, 1, 0});
  for (const char* harmless : {"display", "low_utilization", "sync_boost"})
    add(store, card("accel_throttle_active", {{"reason", harmless}}), {0, 1, 0, 1, 0, 1, 0});
  add(store, card("accel_throttle_active", {{"reason", "power_cap"}}), {0, 1, 0, 0, 0, 0, 0});
  add(store, card("accel_up"), {1, 1, 1, 1, 1, 0, 0});
  const EventList found = find(store);
  CHECK(said(found) == Lines{"1 info throttle: nvidia 3 was at its power cap for 1s [2]",
                             "2 warning throttle: nvidia 3 was slowed down by thermal hw for 3s [5]",
                             "5 error lost: nvidia 3 did not answer [ongoing]"});
}

TEST_CASE("an episode is cut at the range, and says so") {
  TestStore store;
  add(store, card("accel_up"), {1, 0, 0, 0, 0, 0, 1, 1});
  CHECK(said(find(store, {at(3), at(4)})) == Lines{"3< error lost: nvidia 3 did not answer [ongoing]"});
  CHECK(said(find(store, {at(3), at(7)})) == Lines{"3< error lost: nvidia 3 did not answer [6]"});
  CHECK(said(find(store, {at(0), at(2)})) == Lines{"1 error lost: nvidia 3 did not answer [ongoing]"});
  CHECK(said(find(store, {at(7), at(7)})) == Lines{});
}

TEST_CASE("an episode that a series begins with is one when it lasts, began earlier, and ends with its series") {
  TestStore store;
  std::vector<double> values(11, 0);
  values.insert(values.end(), {1, 0, kStale, 1});
  add(store, card("accel_up"), values);
  CHECK(said(find(store)) ==
        Lines{"0< error lost: nvidia 3 did not answer [11]", "12 error lost: nvidia 3 did not answer for 1s [13]"});
  TestStore starting;
  add(starting, card("accel_up"), {0, 0, 1, 1});
  CHECK(said(find(starting)) == Lines{});
}

TEST_CASE("a link that was never up is no news, one that goes down and comes back is") {
  TestStore store;
  add(store, Labels::of("node_infiniband_state_id", {{"device", "mlx5_0"}, {"port", "1"}}), {4, 4, 1, 2, 4});
  add(store, Labels::of("node_infiniband_state_id", {{"device", "mlx5_1"}, {"port", "1"}}), {1, 1, 1, 1, 1});
  add(store, Labels::of("node_network_up", {{"device", "eth0"}}), {1, 0, 1, 1, 1});
  add(store, Labels::of("node_network_up", {{"device", "veth12"}}), {1, 0, 1, 1, 1});
  CHECK(said(find(store)) == Lines{"1 warning link: link of eth0 went down",
                                   "2 error link: RDMA port mlx5_0/1 is not active any more", "2 info link: link of eth0 came up",
                                   "4 info link: RDMA port mlx5_0/1 is active again"});
}

TEST_CASE("a flap that only its counter shows is told, and one that the state shows is told once") {
  TestStore store;
  add(store, Labels::of("node_network_up", {{"device", "eth0"}}), {1, 1, 1, 0, 0, 1});
  add(store, Labels::of("node_network_carrier_down_changes_total", {{"device", "eth0"}}), {7, 7, 7, 8, 8, 8});
  add(store, Labels::of("node_network_up", {{"device", "eth1"}}), {1, 1, 1, 1, 1, 1});
  add(store, Labels::of("node_network_carrier_down_changes_total", {{"device", "eth1"}}), {7, 7, 9, 9, 9, 9});
  CHECK(said(find(store)) == Lines{"2 warning link: link of eth1 went down 2 times", "3 warning link: link of eth0 went down",
                                   "5 info link: link of eth0 came up"});
}

TEST_CASE("an OOM kill is told once, by the innermost cgroup that counts it") {
  TestStore store;
  const auto cgroup = [](const std::string& id) { return Labels::of("container_oom_events_total", {{"id", id}}); };
  add(store, cgroup("/kubepods"), {0, 0, 1, 1, 1, 3});
  add(store, cgroup("/kubepods/pod1"), {0, 0, 1, 1, 1, 2});
  add(store, cgroup("/kubepods/pod1/c1"), {0, 0, 1, 1, 1, 2});
  add(store, Labels::of("node_vmstat_oom_kill"), {5, 5, 6, 6, 6, 8, 8, 8, 8, 8, 9});
  CHECK(said(find(store)) == Lines{"2 error oom: 1 process killed for want of memory in /kubepods/pod1/c1",
                                   "5 error oom: 2 processes killed for want of memory in /kubepods",
                                   "5 error oom: 1 process killed for want of memory in /kubepods/pod1/c1",
                                   "10 error oom: 1 process killed for want of memory"});
}

TEST_CASE("an Xid of the kernel's log is the library's, where both tell it, and names the card") {
  TestStore store;
  add(store, card("accel_errors_total", {{"code", "79"}}), {0, 0, 1, 1, 1, 1, 1});
  const Labels logged = Labels::of("node_kmsg_xid_errors_total", {{"pci_bus_id", "0000:3b:00.0"}, {"xid", "79"}});
  add(store, logged, {0, 1, 1, 1, 1, 1, 2});
  const EventList found = find(store);
  CHECK(said(found) ==
        Lines{"2 error xid: nvidia 3 reported Xid 79", "6 error xid: nvidia 3 reported Xid 79 in the kernel's log"});
}

TEST_CASE("seconds without rows are a gap, and a counter of the agent's own that fell is its restart") {
  TestStore store;
  add(store, Labels::of("tacho_process_cpu_seconds_total"), {1, 1.1, 1.2, kNone, kNone, kNone, 0.1, 0.2, 0.3, 0.4, 0.5});
  const EventList found = find(store);
  CHECK(said(found) == Lines{"3 warning gap: no rows for 3s: the agent did not run, or was held up [6]",
                             "6 info restart: the agent was started anew"});
  CHECK(found.events.at(0).count == 3);
}

TEST_CASE("a gap is found from within it, and from behind it, however long it is") {
  TestStore store;
  const Labels own = Labels::of("tacho_process_cpu_seconds_total");
  for (int s = 0; s < 10; ++s) store.add(own, at(s), s);
  for (int s = 1000; s < 1010; ++s) store.add(own, at(s), s);
  const std::string text = " warning gap: no rows: the agent did not run, or was held up";
  CHECK(said(find(store, {at(500), at(600)})) == Lines{"500<" + text + " [ongoing]"});
  CHECK(said(find(store, {at(500), at(1005)})) == Lines{"500<" + text + " [1000]"});
  CHECK(said(find(store, {at(5), at(600)})) == Lines{"10" + text + " [ongoing]"});
  CHECK(said(find(store, {at(1000), at(1005)})).size() == 1);  // its end
  CHECK(said(find(store, {at(1001), at(1005)})) == Lines{});
}

TEST_CASE("a row that carries its own time is late, not missing") {
  TestStore store;
  const Labels own = Labels::of("tacho_process_cpu_seconds_total");
  for (int s = 0; s < 20; ++s) store.add(own, at(s) + (s == 7 ? 900 : 0), s);
  CHECK(said(find(store)) == Lines{});
}

TEST_CASE("an agent that is started with another interval has no gaps for it") {
  for (const int step : {5, 30, 60}) {
    TestStore store;
    const Labels own = Labels::of("tacho_process_cpu_seconds_total");
    for (int s = 0; s < 600; ++s) store.add(own, at(s), 100 + s);
    store.add(own, at(600) + 300, 1);  // its first row is off the grid
    const int first = 600 + step - 600 % step;
    for (int k = 0; k < 100; ++k) store.add(own, at(first + k * step), 2 + k);
    const TimeMs end = at(first + 99 * step);
    INFO("a row each " << step << " s");
    const Lines restart{"600 info restart: the agent was started anew"};
    CHECK(said(find(store)) == restart);
    // And none while it goes on.
    for (TimeMs now = at(600) + 300; now <= at(first + 5 * step); now += 500) {
      TestStore live;
      for (int s = 0; s < 600; ++s) live.add(own, at(s), 100 + s);
      live.add(own, at(600) + 300, 1);
      for (int k = 0; at(first + k * step) <= now; ++k) live.add(own, at(first + k * step), 2 + k);
      CHECK(said(find(live, {0, now})) == restart);
    }
    // One that is missing then is a gap.
    store.add(own, end + 2 * step * 1000, 200);
    CHECK(said(find(store)).size() == 2);
  }
}

TEST_CASE("from the first row of a start to the next it may take as long as the sources need to begin") {
  TestStore store;
  const Labels own = Labels::of("tacho_process_cpu_seconds_total");
  for (int s = 0; s < 20; ++s) store.add(own, at(s), 10 + s);
  store.add(own, at(23) + 700, 1);
  for (int s = 27; s < 40; ++s) store.add(own, at(s), s);
  CHECK(said(find(store)) == Lines{"20 warning gap: no rows for 4s: the agent did not run, or was held up [23]",
                                   "23 info restart: the agent was started anew"});
}

TEST_CASE("ticks that were missed are told where no episode tells them") {
  TestStore store;
  const auto of = [](const char* metric, const char* source) { return Labels::of(metric, {{"source", source}}); };
  add(store, of("tacho_source_up", "cpu"), {1, 1, 0, 0, 1, 1, 1});
  add(store, of("tacho_source_missed_ticks_total", "cpu"), {0, 0, 1, 2, 2, 2, 2});
  add(store, of("tacho_source_up", "net"), {1, 1, 1, 1, 1, 1, 1});
  add(store, of("tacho_source_missed_ticks_total", "net"), {0, 0, 0, 0, 0, 2, 2});
  CHECK(said(find(store)) ==
        Lines{"2 warning missed: source cpu gave no row in time for 2s [4]", "5 info missed: source net missed 2 ticks"});
}

TEST_CASE("a tick that is missed late in a long episode is told by it") {
  TestStore store;
  const auto of = [](const char* metric) { return Labels::of(metric, {{"source", "cpu"}}); };
  std::vector<double> up{1}, missed{0};
  for (int s = 1; s < 30; ++s) up.push_back(0), missed.push_back(s);
  add(store, of("tacho_source_up"), up);
  add(store, of("tacho_source_missed_ticks_total"), missed);
  CHECK(said(find(store)) == Lines{"1 warning missed: source cpu gave no row in time [ongoing]"});
}

TEST_CASE("a step across a change of hands belongs to whoever the later row belongs to") {
  TestStore store;
  const auto of = [](const char* pod) { return card("accel_errors_total", {{"code", "13"}, {"pod", pod}}); };
  add(store, of("a"), {0, 0, kStale});
  add(store, of("b"), {1, 1, 1}, 2);
  EventLimits limits;
  limits.is_identity = [](std::string_view label) { return label == "pod"; };
  const EventList found = find(store, {0, kBegin * 2}, limits);
  CHECK(said(found) == Lines{"2 error xid: nvidia 3 reported Xid 13"});
  REQUIRE(found.events.size() == 1);
  CHECK(found.events[0].labels.get("pod") == "b");
}

TEST_CASE("the newest events are kept, and how many are left out is said") {
  TestStore store;
  add(store, card("accel_errors_total", {{"code", "79"}}), {0, 1, 2, 3, 4, 5});
  EventLimits limits;
  limits.limit = 2;
  const EventList found = find(store, {0, kBegin * 2}, limits);
  CHECK(said(found) == Lines{"4 error xid: nvidia 3 reported Xid 79", "5 error xid: nvidia 3 reported Xid 79"});
  CHECK(found.left_out == 3);
  CHECK(events_warning(found) == "3 older events are left out; ask for a shorter time, or raise limit");
}

TEST_CASE("match[] picks by the labels of the series that tells") {
  TestStore store;
  add(store, card("accel_errors_total", {{"code", "79"}}), {0, 1});
  add(store, card("accel_errors_total", {{"code", "48"}}), {0, 1});
  const std::vector<std::vector<store::Matcher>> sets{{store::Matcher::equal("code", "48")}};
  EventLimits limits;
  limits.matches = sets;
  CHECK(said(find(store, {0, kBegin * 2}, limits)) == Lines{"1 error xid: nvidia 3 reported Xid 48"});
}

TEST_CASE("an event as JSON") {
  TestStore store;
  add(store, card("accel_up"), {1, 0, 1});
  JsonText out;
  write_events(out, find(store).events);
  CHECK(
      out.take() ==
      R"([{"time":1700000001,"kind":"lost","severity":"error","device":"nvidia 3","text":"nvidia 3 did not answer for 1s","count":1,)"
      R"("end":1700000002,"labels":{"__name__":"accel_up","accel":"3","pci_bus_id":"0000:3b:00.0","vendor":"nvidia"}}])");
}

TEST_CASE("every rule's sentence has all that it names") {
  for (const EventRule& rule : event_rules()) {
    Event e;
    e.device = "D";
    e.count = 2;
    const std::string text = event_sentence(rule.text, e);
    INFO(rule.text << " -> " << text);
    CHECK(text.find_first_of("{}|") == std::string::npos);
    CHECK(std::count(rule.text.begin(), rule.text.end(), '{') == std::count(rule.text.begin(), rule.text.end(), '}'));
    CHECK(text.back() != '.');
  }
}

namespace {

// Episodes that one part cuts at its end and the next has from its begin, as one.
std::vector<std::string> join(const std::vector<EventList>& parts) {
  std::vector<Event> out;
  std::map<std::string, std::size_t> open;  // by what it is, index into out
  for (const EventList& part : parts) {
    for (const Event& e : part.events) {
      const std::string key = std::string(e.kind) + e.labels.to_string();
      if (const auto known = open.find(key); e.began_earlier && known != open.end() && out[known->second].ongoing) {
        out[known->second].end = e.end;
        out[known->second].ongoing = e.ongoing;
        continue;
      }
      open[key] = out.size();
      out.push_back(e);
    }
  }
  std::vector<std::string> text;
  for (Event& e : out) {
    e.text.clear();
    // How many rows a gap that began before what is read has is not known.
    text.push_back(said(e) + e.labels.to_string() + fmt::format(" {}", e.kind == "gap" ? 0 : e.count));
  }
  std::sort(text.begin(), text.end());
  return text;
}

}  // namespace

TEST_CASE("the events of a range are those of its parts, where episodes that go on are joined") {
  for (unsigned seed = 0; seed < 40; ++seed) {
    std::mt19937 random(seed);
    const auto chance = [&random](double p) { return std::uniform_real_distribution<>(0, 1)(random) < p; };
    TestStore store;
    constexpr int kSeconds = 600;
    const auto made = [&](const Labels& labels, bool is_counter) {
      double v = 0;
      for (int s = 0; s < kSeconds; ++s) {
        if (chance(0.03)) v = is_counter ? v + 1 : 1 - v;
        if (is_counter && chance(0.005)) v = 0;
        if (chance(0.01)) continue;                  // no row
        if (s % 200 == 150 && chance(0.5)) s += 95;  // a gap
        if (s >= kSeconds) break;
        store.add(labels, at(s), chance(0.005) ? stale_marker() : v);
      }
      store.add(labels, at(kSeconds), 0);  // all are closed at the end
    };
    made(card("accel_errors_total", {{"code", "79"}}), true);
    made(Labels::of("node_kmsg_xid_errors_total", {{"pci_bus_id", "0000:3b:00.0"}, {"xid", "79"}}), true);
    made(card("accel_throttle_active", {{"reason", "thermal_hw"}}), false);
    made(card("accel_up"), false);
    made(Labels::of("tacho_process_cpu_seconds_total"), true);
    made(Labels::of("container_oom_events_total", {{"id", "/a/b"}}), true);
    made(Labels::of("container_oom_events_total", {{"id", "/a"}}), true);
    made(Labels::of("node_vmstat_oom_kill"), true);
    made(Labels::of("node_network_up", {{"device", "eth0"}}), false);
    made(Labels::of("node_network_carrier_down_changes_total", {{"device", "eth0"}}), true);
    std::vector<EventList> parts;
    for (int from = 0; from <= kSeconds;) {
      const int to = std::min(kSeconds, from + std::uniform_int_distribution<>(0, 120)(random));
      parts.push_back(find(store, {at(from), at(to) + 999}));
      from = to + 1;
    }
    INFO("seed " << seed << ", " << parts.size() << " parts");
    const EventList whole = find(store, {at(0), at(kSeconds) + 999});
    CHECK(whole.events.size() > 20);
    CHECK(join({whole}) == join(parts));
  }
}
