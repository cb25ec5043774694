// The fleet page: it fits any terminal, seconds stand below each other, and what is wrong is seen without colours.
#include "tools/top/fleet/page.h"

#include <catch2/catch.hpp>
#include <limits>
#include <random>

#include "proto/base/text_columns.h"
#include "tools/top/fleet/loop.h"

using namespace tacho;
using namespace tacho::tools;

namespace {

constexpr TimeMs kEnd = 1'795'439'400'000;

struct Values {
  double busy = 0.8, cpu = 0.1, power = 1000, least = 0.7;
  double devices = 8, lost = 0, slowed = 0, errors = 0, unfit = 0;
};

FleetNodeView node(const std::string& name, const Values& v, TimeMs end = kEnd, bool with_cards = true) {
  FleetHistory h;
  h.move_to(end);
  const auto set = [&](FleetMetric m, double value) {
    for (std::size_t i = 0; i < kFleetSeconds; ++i) h.set(m, end - static_cast<TimeMs>(i) * 1000, value);
  };
  set(FleetMetric::cpu, v.cpu);
  set(FleetMetric::memory, 0.5);
  if (with_cards) {
    set(FleetMetric::devices, v.devices);
    set(FleetMetric::busy, v.busy);
    set(FleetMetric::least, v.least);
    set(FleetMetric::most, 0.95);
    set(FleetMetric::power, v.power);
    set(FleetMetric::hottest, 66);
    if (v.lost > 0) set(FleetMetric::lost, v.lost);
    if (v.slowed > 0) set(FleetMetric::slowed, v.slowed);
    if (v.unfit > 0) set(FleetMetric::unfit, v.unfit);
    if (v.errors > 0) h.set(FleetMetric::errors, end - 30'000, v.errors);
  }
  return {.name = name,
          .url = "http://" + name,
          .asked = true,
          .history = std::make_shared<const FleetHistory>(std::move(h)),
          .age_ms = 300};
}

FleetNodeView silent(const std::string& name) {
  FleetNodeView n = node(name, {});
  n.problem = "POST http://" + name + "/api/v1/query: cannot connect: Connection refused";
  n.age_ms = 41'000;
  return n;
}

std::vector<std::string> text_of(const FleetPage& page) {
  std::vector<std::string> out;
  for (const TopPageLine& l : page.lines) out.push_back(l.text());
  return out;
}

FleetPageState state_of(std::size_t width, std::size_t height = 24) {
  return {.width = width, .height = height, .charset = Charset::ascii};
}

std::vector<std::string> names_of(const FleetView& view, FleetSort sort) {
  std::vector<std::string> out;
  for (const std::size_t i : fleet_order(view, sort)) out.push_back(view.nodes[i].name);
  return out;
}

TopInput key(char c) { return {TopKey::character, static_cast<char32_t>(c)}; }

}  // namespace

TEST_CASE("a row a node at 80 columns, whole") {
  ::setenv("TZ", "UTC", 1);
  ::tzset();
  const FleetView view = finish_fleet_view(
      {node("node-2", {.busy = 0.5, .lost = 1, .slowed = 2, .errors = 1}), silent("node-10"), node("node-1", {})});
  const auto lines = text_of(fleet_page(view, state_of(80)));
  REQUIRE(lines.size() == 24);
  CHECK(lines[0] == " 3 nodes  13:10:00  16 devices, 65.0 % busy, 2.00kW                    1 silent ");
  CHECK(lines[1] == " node         age  n   busy  least  power  hot marks    cpu busy, last 60 s     ");
  CHECK(lines[2] == " node-1        0s  8  80.0%  70.0% 1.00kW  66C        10.0% ********************");
  CHECK(lines[3] == ">node-2        0s  8  50.0%  70.0% 1.00kW  66C L1T2E  10.0% ====================");
  CHECK(lines[4] == " node-10      41s  silent: cannot connect: Connection refused");
  CHECK(lines[23].starts_with(" q quit  enter: the node's page  s sort: name"));
}

TEST_CASE("a node that is late has a gap at the right, and its seconds stand below the others'") {
  FleetHistory h;
  h.move_to(kEnd);
  FleetNodeView early = node("a", {}), late = node("b", {}, kEnd - 2000);
  const auto with_peak = [](const FleetNodeView& n, TimeMs t) {
    FleetHistory changed = *n.history;
    for (auto& v : changed.values[static_cast<std::size_t>(FleetMetric::busy)]) v = 0;
    changed.set(FleetMetric::busy, t, 1);
    FleetNodeView out = n;
    out.history = std::make_shared<const FleetHistory>(std::move(changed));
    return out;
  };
  const FleetView view = finish_fleet_view({with_peak(early, kEnd - 10'000), with_peak(late, kEnd - 10'000)});
  CHECK(view.end == kEnd);
  const auto lines = text_of(fleet_page(view, state_of(148)));  // a cell a second
  const std::size_t peak = lines[2].find('#');
  REQUIRE(peak != std::string::npos);
  CHECK(lines[3].find('#') == peak);
  CHECK(lines[2].substr(peak) == "#__________");
  CHECK(lines[3].substr(peak) == "#________  ");
}

TEST_CASE("without accelerators the page is the hosts', and wider terminals have more of everything") {
  const FleetView hosts = finish_fleet_view({node("a", {}, kEnd, false)});
  const auto lines = text_of(fleet_page(hosts, state_of(80)));
  CHECK(lines[1].find("busy") == std::string::npos);
  CHECK(lines[1].find("cpu, last 60 s") != std::string::npos);
  CHECK(lines[1].find("mem") != std::string::npos);
  const auto wide = text_of(fleet_page(finish_fleet_view({node("a", {})}), state_of(160)));
  for (const char* title : {"most", "hot", "mem", " in", "out", "busy, last 60 s", "cpu, last 60 s"})
    CHECK(wide[1].find(title) != std::string::npos);
}

TEST_CASE("sorted by name as people count, by what they do, and the worst first") {
  const FleetView view = finish_fleet_view(
      {node("node-10", {.busy = 0.9, .power = 10}), node("node-9", {.busy = 0.1, .power = 30, .least = 0.1}),
       node("node-1", {.busy = 0.5, .power = 20, .slowed = 1}), silent("node-3"),
       node("node-4", {.busy = 0.2, .power = 5, .errors = 1}), node("node-5", {.busy = 0.3, .power = 1, .lost = 2})});
  using Names = std::vector<std::string>;
  CHECK(names_of(view, FleetSort::name) == Names{"node-1", "node-3", "node-4", "node-5", "node-9", "node-10"});
  CHECK(names_of(view, FleetSort::busy) == Names{"node-10", "node-1", "node-5", "node-4", "node-9", "node-3"});
  CHECK(names_of(view, FleetSort::power) == Names{"node-9", "node-1", "node-10", "node-4", "node-5", "node-3"});
  CHECK(names_of(view, FleetSort::worst) == Names{"node-3", "node-5", "node-4", "node-1", "node-9", "node-10"});
}

TEST_CASE("a device that calls itself unfit is marked, and its node is among the worst") {
  const FleetView view = finish_fleet_view(
      {node("a", {.errors = 1}), node("b", {.unfit = 1}), node("c", {.lost = 1, .slowed = 2, .errors = 1, .unfit = 3})});
  const auto lines = text_of(fleet_page(view, state_of(80)));
  CHECK(lines[3].find(" U1 ") != std::string::npos);
  CHECK(lines[4].find(" LUTE ") != std::string::npos);  // no room for how many
  CHECK(names_of(view, FleetSort::worst) == std::vector<std::string>{"c", "b", "a"});
}

TEST_CASE("devices whose utilization nobody tells are not counted as idle") {
  const double unknown = std::numeric_limits<double>::quiet_NaN();
  const FleetView half = finish_fleet_view({node("a", {.busy = 0.8}), node("b", {.busy = unknown})});
  CHECK(text_of(fleet_page(half, state_of(80)))[0].find("16 devices, 80.0 % busy,") != std::string::npos);
  const FleetView none = finish_fleet_view({node("b", {.busy = unknown})});
  CHECK(text_of(fleet_page(none, state_of(80)))[0].find("8 devices, 1.00kW") != std::string::npos);
}

TEST_CASE("keys choose a node, which stays chosen when the order changes") {
  std::vector<FleetNodeView> nodes;
  for (int i = 0; i < 100; ++i) nodes.push_back(node("n" + std::to_string(i), {.busy = i / 100.0}));
  const FleetView view = finish_fleet_view(std::move(nodes));
  FleetPageState state = state_of(80);
  const auto press = [&](const TopInput& input) { return apply_fleet_key(input, fleet_page(view, state), state); };
  press({TopKey::end});
  CHECK(state.selected == 99);
  CHECK(fleet_page(view, state).first_row == 79);
  press(key('b'));
  CHECK(state.selected == 99);
  CHECK(fleet_page(view, state).first_row == 0);  // the busiest is at the top
  press({TopKey::page_down});
  CHECK(state.selected == 79);
  press({TopKey::up});
  CHECK(state.selected == 80);
  press({TopKey::home});
  CHECK(state.selected == 99);
  CHECK(press({TopKey::enter}) == FleetDo::open);
  CHECK(press(key('?')) == FleetDo::nothing);
  CHECK(state.help);
  CHECK(press(key('q')) == FleetDo::nothing);  // from the help back first
  CHECK_FALSE(state.help);
  CHECK(press(key('q')) == FleetDo::quit);
  CHECK(press({TopKey::quit}) == FleetDo::quit);
}

TEST_CASE("whatever the nodes say, the page has the terminal's size and says nothing to it") {
  std::mt19937 random(4);
  for (int round = 0; round < 300; ++round) {
    std::vector<FleetNodeView> nodes;
    for (std::size_t i = 0; i < 1 + random() % 40; ++i) {
      static const std::vector<std::string> kNames = {"a", "gpu-node-0042.cluster.example.org:9980", "日本語", "\x1b[31mred",
                                                      "10.0.0.1:9980"};
      const std::string name = kNames[random() % kNames.size()] + std::to_string(i);
      FleetNodeView n = random() % 5 == 0 ? silent(name)
                                          : node(name,
                                                 {.busy = static_cast<double>(random() % 1000),
                                                  .power = 1e9,
                                                  .devices = 1000,
                                                  .lost = 100,
                                                  .slowed = 1000,
                                                  .errors = 5},
                                                 kEnd - static_cast<TimeMs>(random() % 90) * 1000, random() % 2 == 0);
      if (random() % 7 == 0) n = {.name = name};
      nodes.push_back(std::move(n));
    }
    FleetPageState state = state_of(20 + random() % 240, 10 + random() % 60);
    state.charset = random() % 2 ? Charset::utf8 : Charset::ascii;
    state.sort = static_cast<FleetSort>(random() % 4);
    state.selected = random() % nodes.size();
    state.help = random() % 5 == 0;
    const auto lines = text_of(fleet_page(finish_fleet_view(std::move(nodes)), state));
    CHECK(lines.size() == state.height);
    for (const std::string& line : lines) {
      CAPTURE(state.width, line);
      CHECK(columns_of(line) <= state.width);
      CHECK(line.find('\x1b') == std::string::npos);
    }
  }
}
