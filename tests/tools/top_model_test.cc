// What the model of `tacho top` shows.
#include "tools/top/model.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <map>

#include "tests/tools/top_fixture.h"

using namespace tacho;
using namespace tacho::tools;
using namespace tacho::tools::top_test;

TEST_CASE("every expression of the list is valid PromQL, at any interval") {
  for (const TopLine& l : top_lines()) {
    for (std::int64_t interval : {100, 1000, 15'000, 60'000}) {
      const std::string text = top_expression(l, interval);
      INFO(text);
      CHECK(query::parse(text).has_value());
      for (const char* placeholder : {"[R]", "[G]", "[S]", "[M]", "{PORTS}", "{MOUNTS}", "{SHM}", "{CGROUPS}", "{FAULTS}",
                                      "{LIMITS}", "{LINKS}", "{OWNER}"})
        CHECK(text.find(placeholder) == std::string::npos);
    }
  }
}

TEST_CASE("every chart and fact is valid PromQL too, of any thing") {
  const Labels odd{{"device", "a\"b\\c"}, {"id", "/x{y}"}};
  for (const TopLine& l : top_lines()) {
    std::vector<std::string> texts;
    for (const TopChart* c : top_charts(l.section)) {
      for (const TopCurve& curve : c->curves)
        if (!curve.expr.empty()) texts.push_back(filled_expression(curve.expr, 1000, odd));
    }
    CHECK_FALSE(texts.empty());  // every section has a page
    for (const TopFact* f : top_facts(l.section)) texts.push_back(filled_expression(f->expr, 1000, odd));
    for (const std::string& text : texts) {
      INFO(text);
      CHECK(query::parse(text).has_value());
      CHECK(text.find("SEL") == std::string::npos);
    }
  }
}

TEST_CASE("a line has the minute's seconds, the newest value, and the minute's extremes") {
  Fixture f;
  f.store.put(Labels::of("node_load1"), counting(100, 1));
  f.clock.now = kStart + 99'200;
  const TopView view = f.refresh();
  CHECK(view.grid.last() == kStart + 99'000);
  CHECK(view.newest == kStart + 99'000);
  CHECK(view.interval_ms == 1000);
  CHECK(view.node == "fallback");
  CHECK(Fixture::numbers(view, "cpu", "load, 1 min") == "99 40 99");
  const TopRow* row = Fixture::find(view, "cpu", "load, 1 min");
  REQUIRE(row->high.size() == std::size_t{60});
  for (std::size_t i = 0; i < std::size_t{60}; ++i) REQUIRE(row->high[i] == 40.0 + static_cast<double>(i));
}

TEST_CASE("a second without a sample is a gap: neither 0 nor the last value again") {
  Fixture f;
  std::vector<double> load = counting(100, 1);
  load[95] = load[99] = kGap;
  f.store.put(Labels::of("node_load1"), load);
  f.store.put(Labels::of("node_procs_running"), std::vector<double>(100, 2));
  const TopView view = f.refresh();
  CHECK(Fixture::numbers(view, "cpu", "load, 1 min") == "- 40 98");
  const TopRow* row = Fixture::find(view, "cpu", "load, 1 min");
  CHECK(std::isnan(row->high[std::size_t{60} - 1]));
  CHECK(row->high[std::size_t{60} - 2] == 98);
  CHECK(std::isnan(row->high[std::size_t{60} - 5]));
}

TEST_CASE("a counter's rate is the second's own: a burst of one second is not smoothed") {
  Fixture f;
  std::vector<double> v(100, 1000);
  for (std::size_t i = 90; i < 100; ++i) v[i] = 6000;
  f.store.put(Labels::of("node_context_switches_total"), v);
  CHECK(Fixture::numbers(f.refresh(), "cpu", "switches") == "0 0 5.00k");
}

TEST_CASE("cpu time is a share of all CPUs") {
  Fixture f;
  for (const char* cpu : {"0", "1"}) {
    f.store.put(Labels::of("node_cpu_seconds_total", {{"cpu", cpu}, {"mode", "idle"}}), counting(70, *cpu == '0' ? 0.5 : 0.9));
    f.store.put(Labels::of("node_cpu_seconds_total", {{"cpu", cpu}, {"mode", "user"}}), counting(70, *cpu == '0' ? 0.4 : 0.0));
    f.store.put(Labels::of("node_cpu_seconds_total", {{"cpu", cpu}, {"mode", "system"}}), counting(70, 0.1));
    f.store.put(Labels::of("node_cpu_seconds_total", {{"cpu", cpu}, {"mode", "steal"}}), counting(70, 0));
  }
  const TopView view = f.refresh();
  CHECK(Fixture::numbers(view, "cpu", "busy") == "30.0% 30.0% 30.0%");
  CHECK(Fixture::numbers(view, "cpu", "user") == "20.0% 20.0% 20.0%");
  CHECK(Fixture::numbers(view, "cpu", "iowait") == "- - -");  // the machine does not say: an empty place
  CHECK(Fixture::titles(view, "cpu") ==
        Titles{"busy", "user", "system", "iowait", "steal (quiet)", "load, 1 min", "runnable", "switches"});
}

TEST_CASE("a quiet line speaks from its first value other than 0, and then for good") {
  Fixture f;
  std::vector<double> drops(70, 5);
  for (std::size_t i = 65; i < 70; ++i) drops[i] = 8;
  f.store.put(Labels::of("node_network_receive_drop_total", {{"device", "eth0"}}), std::vector<double>(70, 5));
  f.store.put(Labels::of("node_network_transmit_drop_total", {{"device", "eth0"}}), drops);
  CHECK(Fixture::titles(f.refresh(), "net") == Titles{"eth0 drops"});
  for (int i = 70; i < 200; ++i) {
    f.store.put(Labels::of("node_network_receive_drop_total", {{"device", "eth0"}}), kStart + i * 1000, 5);
    f.store.put(Labels::of("node_network_transmit_drop_total", {{"device", "eth0"}}), kStart + i * 1000, 8);
  }
  CHECK(Fixture::numbers(f.refresh(), "net", "eth0 drops") == "0 0 0");
  CHECK(Fixture::titles(f.refresh(), "net") == Titles{"eth0 drops"});
  Fixture g;
  g.store.put(Labels::of("node_network_receive_drop_total", {{"device", "eth0"}}), std::vector<double>(70, 5));
  g.store.put(Labels::of("node_network_transmit_drop_total", {{"device", "eth0"}}), std::vector<double>(70, 5));
  CHECK(Fixture::titles(g.refresh(), "net") == Titles{"eth0 drops (quiet)"});
}

TEST_CASE("devices lie together, in the order people count, accelerators line by line") {
  Fixture f;
  for (const char* d : {"nvme10n1", "nvme2n1"}) {
    f.store.put(Labels::of("node_disk_read_bytes_total", {{"device", d}}), counting(70, 1024));
    f.store.put(Labels::of("node_disk_written_bytes_total", {{"device", d}}), counting(70, 2048));
  }
  for (const char* a : {"0", "1"}) {
    f.store.put(Labels::of("accel_utilization_ratio", {{"accel", a}}), std::vector<double>(70, 0.5));
    f.store.put(Labels::of("accel_power_watts", {{"accel", a}}), std::vector<double>(70, 400));
  }
  const TopView view = f.refresh();
  CHECK(Fixture::titles(view, "disk") == Titles{"nvme2n1 read", "nvme2n1 written", "nvme10n1 read", "nvme10n1 written"});
  CHECK(Fixture::titles(view, "accel") == Titles{"0 busy", "1 busy", "0 power", "1 power"});
  CHECK(Fixture::numbers(view, "disk", "nvme2n1 written") == "2.00K 2.00K 2.00K");
}

TEST_CASE("an idle device is quiet beside a busy one, with all its lines, idle devices alone are shown") {
  Fixture f;
  const auto device = [&](const char* name, double in, double out) {
    f.store.put(Labels::of("node_network_receive_bytes_total", {{"device", name}}), counting(70, in));
    f.store.put(Labels::of("node_network_transmit_bytes_total", {{"device", name}}), counting(70, out));
  };
  device("eth1", 0, 0);
  CHECK(Fixture::titles(f.refresh(), "net") == Titles{"eth1 in", "eth1 out"});
  device("eth0", 10, 0);
  CHECK(Fixture::titles(f.refresh(), "net") == Titles{"eth0 in", "eth0 out", "eth1 in (quiet)", "eth1 out (quiet)"});
}

TEST_CASE("the loopback device is shown only when it is alone") {
  Fixture f;
  f.store.put(Labels::of("node_network_receive_bytes_total", {{"device", "lo"}}), counting(70, 10));
  CHECK(Fixture::titles(f.refresh(), "net") == Titles{"lo in"});
  f.store.put(Labels::of("node_network_receive_bytes_total", {{"device", "eth0"}}), counting(70, 10));
  f.store.put(Labels::of("node_network_receive_bytes_total", {{"device", "veth12"}}), counting(70, 10));
  CHECK(Fixture::titles(f.refresh(), "net") == Titles{"eth0 in"});
}

TEST_CASE("file systems say how full they are, also between their ten seconds, and alert") {
  Fixture f;
  f.store.put(Labels::of("node_load1"), counting(75, 1));
  const auto fs = [&](const char* metric, const char* mount, const char* type, double v) {
    f.store.put(Labels::of(metric, {{"mountpoint", mount}, {"fstype", type}}), std::vector<double>(8, v), 10'000);
  };
  fs("node_filesystem_size_bytes", "/", "ext4", 100);
  fs("node_filesystem_avail_bytes", "/", "ext4", 40);
  fs("node_filesystem_size_bytes", "/data", "xfs", 100);
  fs("node_filesystem_avail_bytes", "/data", "xfs", 2);
  fs("node_filesystem_size_bytes", "/dev/shm", "tmpfs", 100);
  fs("node_filesystem_avail_bytes", "/dev/shm", "tmpfs", 90);
  fs("node_filesystem_size_bytes", "/tmp", "tmpfs", 100);
  fs("node_filesystem_avail_bytes", "/tmp", "tmpfs", 90);
  const TopView view = f.refresh();
  CHECK(Fixture::titles(view, "fs") == Titles{"/ used", "/data used !", "/dev/shm used"});
  CHECK(Fixture::numbers(view, "fs", "/ used") == "60.0% 60.0% 60.0%");
}

TEST_CASE("a card that says every ten seconds that it is unfit is marked in each of them, and its PCIe has a value in each") {
  Fixture f;
  f.store.put(Labels::of("node_load1"), counting(75, 1));
  f.store.put(Labels::of("accel_health_status", {{"accel", "0"}}), std::vector<double>(8, 0), 10'000);
  f.store.put(Labels::of("accel_pcie_throughput_bytes_per_second", {{"accel", "0"}}), std::vector<double>(8, 1e9), 10'000);
  f.ask.time.set_reach(kStart, kStart + 74'000);
  for (TimeMs t = kStart + 50'000; t <= kStart + 74'000; t += 1000) {
    f.ask.time.go_to(t);
    const TopView view = f.refresh();
    INFO(t - kStart);
    CHECK(Fixture::titles(view, "accel") == Titles{"0 pcie", "0 unfit !"});
    CHECK(Fixture::find(view, "accel", "0 unfit")->now == 1);
    CHECK(Fixture::find(view, "accel", "0 pcie")->now == 1e9);
  }
}

TEST_CASE("a node that samples every five seconds has a value in every second, and its rates are right") {
  Fixture f;
  f.store.put(Labels::of("node_load1"), std::vector<double>(40, 3), 5000);
  f.store.put(Labels::of("node_context_switches_total"), counting(40, 500), 5000);
  const TopView view = f.refresh();
  CHECK(view.interval_ms == 5000);
  CHECK(Fixture::numbers(view, "cpu", "switches") == "100 100 100");
  for (double v : Fixture::find(view, "cpu", "load, 1 min")->high) REQUIRE(v == 3);
}

TEST_CASE("an agent that died leaves its last minute, with its age") {
  Fixture f;
  f.store.put(Labels::of("node_load1"), counting(100, 1));
  f.clock.now = kStart + 99'000 + 3600'000;
  const TopView view = f.refresh();
  CHECK(view.newest == kStart + 99'000);
  CHECK(view.now - *view.newest == 3600'000);
  CHECK(Fixture::numbers(view, "cpu", "load, 1 min") == "99 40 99");
}

TEST_CASE("a tick that is still being written is not shown yet") {
  Fixture f;
  f.store.put(Labels::of("node_load1"), counting(71, 1));
  f.store.put(Labels::of("tacho_process_cpu_seconds_total"), counting(70, 0.001));
  const TopView view = f.refresh();
  CHECK(view.grid.last() == kStart + 69'000);
  CHECK(Fixture::numbers(view, "cpu", "load, 1 min") == "69 10 69");
}

TEST_CASE("an empty store has empty places and says so") {
  Fixture f;
  const TopView view = f.refresh();
  CHECK_FALSE(view.newest);
  CHECK_FALSE(view.extent);
  CHECK(Fixture::numbers(view, "cpu", "busy") == "- - -");
  CHECK(Fixture::titles(view, "disk").empty());
}

TEST_CASE("the node's name, its series and its window come from its samples") {
  Fixture f;
  f.store.put(Labels::of("node_uname_info", {{"nodename", "node3"}}), {1, 1}, 60'000);
  f.store.put(Labels::of("node_load1"), counting(100, 1));
  const TopView view = f.refresh();
  CHECK(view.node == "node3");
  REQUIRE(view.extent);
  CHECK(view.extent->series == 2);
  CHECK(view.extent->window_ms == 99'000);
}

TEST_CASE("back in time, the cursor's second is now, and the columns are those around it") {
  Fixture f;
  f.store.put(Labels::of("node_load1"), counting(300, 1));
  f.ask.time.set_reach(kStart, kStart + 299'000);
  f.ask.time.go_to(kStart + 100'000);
  const TopView view = f.refresh();
  CHECK(view.time.cursor() == kStart + 100'000);
  CHECK(view.newest == kStart + 299'000);
  CHECK(view.oldest == kStart);
  CHECK(Fixture::find(view, "cpu", "load, 1 min")->now == 100);
  CHECK(view.grid.index_of(kStart + 100'000).has_value());
}

TEST_CASE("a peak of one second is there at every zoom, and now is still a second's value") {
  for (const std::int64_t step : ViewTime::kSteps) {
    Fixture f;
    std::vector<double> v(4000, 1);
    v[3333] = 1000;
    v[3400] = 0.5;
    f.store.put(Labels::of("node_load1"), v);
    f.ask.time.set_step(step);
    f.ask.time.set_reach(kStart, kStart + 3'999'000);
    f.ask.time.set_columns(700'000 / static_cast<std::size_t>(step) + 2);
    const TopView view = f.refresh();
    const TopRow* row = Fixture::find(view, "cpu", "load, 1 min");
    INFO(step);
    CHECK(row->max == 1000);
    CHECK(row->min == 0.5);
    CHECK(row->now == 1);
    CHECK(row->high[*view.grid.index_of(kStart + 3'333'000)] == 1000);
    CHECK(std::count(row->high.begin(), row->high.end(), 1000) == 1);
  }
}

TEST_CASE("of many cgroups the busiest are shown, and not those that they lie in") {
  Fixture f;
  f.store.put(Labels::of("container_cpu_usage_seconds_total", {{"id", "/pods"}}), counting(70, 10));
  for (int i = 0; i < 9; ++i) {
    f.store.put(Labels::of("container_cpu_usage_seconds_total", {{"id", "/pods/p" + std::to_string(i)}}), counting(70, 0.1 * i));
    f.store.put(Labels::of("container_memory_working_set_bytes", {{"id", "/pods/p" + std::to_string(i)}}),
                std::vector<double>(70, 1e6));
  }
  Titles shown;
  for (const std::string& t : Fixture::titles(f.refresh(), "cgroup"))
    if (t.find("quiet") == std::string::npos) shown.push_back(t);
  CHECK(shown == Titles{"p4 cpu", "p4 memory", "p5 cpu", "p5 memory", "p6 cpu", "p6 memory", "p7 cpu", "p7 memory", "p8 cpu",
                        "p8 memory"});
}

TEST_CASE("a job is a row under its name, and what nobody holds is none") {
  Fixture f;
  const auto card = [&](const char* accel, std::initializer_list<Label> whose) {
    Labels l = Labels::of("accel_utilization_ratio", whose);
    l.set("accel", accel);
    f.store.put(l, std::vector<double>(70, *accel == '0' ? 0.2 : 0.6));
  };
  card("0", {{"job_name", "train"}, {"job_namespace", "a"}, {"pod", "train-0"}});
  card("1", {{"job_name", "train"}, {"job_namespace", "a"}, {"pod", "train-0"}});
  card("2", {});
  const TopView view = f.refresh();
  CHECK(Fixture::titles(view, "job") == Titles{"a/train busy"});
  CHECK(Fixture::numbers(view, "job", "a/train busy") == "40.0% 40.0% 40.0%");
}

TEST_CASE("the page of a device has its charts and what is known of it, at the cursor") {
  Fixture f;
  for (const char* a : {"0", "1"}) {
    f.store.put(Labels::of("accel_utilization_ratio", {{"accel", a}, {"uuid", "x"}}), counting(70, *a == '0' ? 0.01 : 0.001));
    f.store.put(Labels::of("accel_info", {{"accel", a}, {"model", "M" + std::string(a)}}), std::vector<double>(8, 1), 10'000);
  }
  f.store.put(Labels::of("accel_temperature_celsius", {{"accel", "0"}, {"sensor", "core"}}), std::vector<double>(70, 40));
  f.store.put(Labels::of("accel_temperature_celsius", {{"accel", "0"}, {"sensor", "memory"}}), std::vector<double>(70, 50));
  f.ask.subject = {"accel", "0", "0", Labels{{"accel", "0"}}};
  f.ask.time.set_reach(kStart, kStart + 69'000);
  f.ask.time.go_to(kStart + 50'000);
  const TopView view = f.refresh();
  REQUIRE(view.detail.charts.size() == 2);
  CHECK(view.detail.charts[0].chart->title == "activity");
  REQUIRE(view.detail.charts[0].curves.size() == 1);
  CHECK(view.detail.charts[0].curves[0].now == 0.5);
  CHECK(view.detail.charts[1].curves.size() == 2);
  CHECK(view.detail.charts[1].curves[1].name == "memory");
  REQUIRE(view.detail.facts.size() >= 1);
  CHECK(view.detail.facts[0].name == "model");
  CHECK(view.detail.facts[0].value == "M0");
}

TEST_CASE("what is known of a device at a second in a gap is nothing, not what was before the gap") {
  Fixture f;
  f.store.put(Labels::of("node_load1"), counting(200, 1));
  const Labels info = Labels::of("accel_info", {{"accel", "0"}, {"model", "M"}});
  f.store.put(info, std::vector<double>(8, 1), 10'000);
  f.ask.subject = {"accel", "0", "0", Labels{{"accel", "0"}}};
  f.ask.time.set_reach(kStart, kStart + 199'000);
  f.ask.time.go_to(kStart + 75'000);
  CHECK(f.refresh().detail.facts.size() == 1);
  f.ask.time.go_to(kStart + 100'000);
  CHECK(f.refresh().detail.facts.empty());
}
