#include "tools/top/model.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <map>

#include "query/engine/engine.h"
#include "tools/top/data/data.h"

using namespace tacho;
using namespace tacho::tools;

namespace {

constexpr TimeMs kStart = 1'700'000'000'000;

// A few series in memory, written second by second.
class FakeStore final : public store::Queryable {
 public:
  void put(const Labels& labels, TimeMs t, double v) {
    Column& c = columns_[labels];
    c.info.labels = labels;
    c.times.push_back(t);
    c.values.push_back(v);
  }
  // n values, a second apart, from kStart on.
  void put(const Labels& labels, const std::vector<double>& values, std::int64_t step_ms = 1000) {
    for (std::size_t i = 0; i < values.size(); ++i)
      if (!std::isnan(values[i])) put(labels, kStart + static_cast<TimeMs>(i) * step_ms, values[i]);
  }

  Result<store::Selection> select(std::span<const store::Matcher> matchers, store::TimeRange range,
                                  const store::SelectLimits&) const override {
    store::Selection out;
    for (const auto& [labels, c] : columns_) {
      const bool fits = store::matches_all(matchers, labels);
      const auto from = std::lower_bound(c.times.begin(), c.times.end(), range.min) - c.times.begin();
      const auto to = std::upper_bound(c.times.begin(), c.times.end(), range.max) - c.times.begin();
      if (!fits || from >= to) continue;
      const auto at = static_cast<std::size_t>(from), n = static_cast<std::size_t>(to - from);
      out.series.push_back({&c.info, std::span(c.times).subspan(at, n), std::span(c.values).subspan(at, n)});
      out.samples += n;
    }
    return out;
  }
  Result<std::vector<Labels>> series(std::span<const store::Matcher> matchers, store::TimeRange range) const override {
    std::vector<Labels> out;
    const auto s = select(matchers, range, {});
    for (const auto& v : s->series) out.push_back(v.labels());
    return out;
  }
  store::TimeRange bounds() const override {
    store::TimeRange r{INT64_MAX, INT64_MIN};
    for (const auto& [labels, c] : columns_) r = {std::min(r.min, c.times.front()), std::max(r.max, c.times.back())};
    return r;
  }
  std::vector<store::MetricMetadata> metadata() const override { return {}; }

 private:
  struct Column {
    store::SeriesInfo info;
    std::vector<TimeMs> times;
    std::vector<double> values;
  };
  std::map<Labels, Column> columns_;
};

class FixedClock final : public Clock {
 public:
  std::int64_t wall_ns() const override { return now * kNsPerMs; }
  MonoNs mono() const override { return MonoNs{0}; }
  void sleep_until(MonoNs) const override {}
  TimeMs now = kStart;
};

constexpr double kGap = std::numeric_limits<double>::quiet_NaN();

struct Fixture {
  FakeStore store;
  FixedClock clock;
  std::unique_ptr<TopData> data = top_over_store(store, "fallback", clock);
  TopModel model{*data};
  TopAsk ask;

  Fixture() { ask.time.set_columns(60); }
  TopView refresh() {
    auto view = model.refresh(ask);
    if (!view) FAIL(view.error().message);
    CHECK(view->problem == "");
    return std::move(*view);
  }
  static const TopRow* find(const TopView& view, const std::string& section, const std::string& title) {
    for (const TopRow& r : view.rows)
      if (r.line->section == section && r.title() == title) return &r;
    return nullptr;
  }
  // "now min max" in the line's own unit, "-" for nothing.
  static std::string numbers(const TopView& view, const std::string& section, const std::string& title) {
    const TopRow* r = find(view, section, title);
    if (r == nullptr) return "no such line";
    const auto text = [&](const std::optional<double>& v) { return v ? format_compact(*v, r->line->unit) : "-"; };
    return text(r->now) + " " + text(r->min) + " " + text(r->max);
  }
  static std::vector<std::string> titles(const TopView& view, const std::string& section) {
    std::vector<std::string> out;
    for (const TopRow& r : view.rows)
      if (r.line->section == section) out.push_back(r.title() + (r.quiet ? " (quiet)" : "") + (r.alert ? " !" : ""));
    return out;
  }
};

std::vector<double> counting(std::size_t n, double each) {
  std::vector<double> v;
  for (std::size_t i = 0; i < n; ++i) v.push_back(static_cast<double>(i) * each);
  return v;
}

using Titles = std::vector<std::string>;

}  // namespace

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

namespace {

class BrokenData final : public TopData {
 public:
  Result<Newest> newest() override { return Newest{kStart, kStart}; }
  Result<query::QueryResult> instant(const std::string&, std::optional<TimeMs>) override { return failure("no"); }
  Answers columns(std::span<const std::string> exprs, const TopGrid&, std::int64_t) override {
    Answers out;
    for (std::size_t i = 0; i < exprs.size(); ++i) {
      if (i < broken)
        out.push_back(failure("line {} fails", i));
      else
        out.push_back(std::vector<TopSeries>());
    }
    return out;
  }
  Result<std::vector<query::Event>> events(TimeMs, TimeMs, std::size_t) override { return failure("no"); }
  Result<std::string> job_text(const std::string&, TimeMs, TimeMs) override { return failure("no"); }
  std::optional<Extent> extent() override { return std::nullopt; }
  std::string fallback_name() const override { return "x"; }
  std::size_t broken = 1;
};

}  // namespace

TEST_CASE("one expression that fails is a problem, all that fail are an error while nothing is known") {
  BrokenData data;
  {
    TopModel model(data);
    const auto some = model.refresh({});
    REQUIRE(some);
    CHECK(some->problem == "line 0 fails");
    data.broken = 1000;
    const auto none = model.refresh({});  // what was known stays
    REQUIRE(none);
    CHECK(none->problem == "line 0 fails");
  }
  TopModel model(data);
  const auto none = model.refresh({});
  REQUIRE_FALSE(none);
  CHECK(none.error().message == "line 0 fails");
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

TEST_CASE("what is asked again is only what may have changed: the past is known") {
  // Each question's answer is the time itself.
  class Counting final : public TopData {
   public:
    Result<Newest> newest() override { return Newest{now, now}; }
    Result<query::QueryResult> instant(const std::string&, std::optional<TimeMs>) override { return query::QueryResult{}; }
    Answers columns(std::span<const std::string> exprs, const TopGrid& grid, std::int64_t) override {
      asked += grid.count;
      TopSeries s({}, grid.count);
      for (std::size_t i = 0; i < grid.count; ++i) s.add(i, static_cast<double>(grid.end_of(i)));
      return Answers(exprs.size(), std::vector{s});
    }
    std::optional<Extent> extent() override { return Extent{1, 3'600'000}; }
    Result<std::vector<query::Event>> events(TimeMs, TimeMs, std::size_t) override { return failure("no"); }
    Result<std::string> job_text(const std::string&, TimeMs, TimeMs) override { return failure("no"); }
    std::string fallback_name() const override { return "x"; }
    TimeMs now = kStart;
    std::size_t asked = 0;
  };
  Counting data;
  TopModel model(data);
  TopAsk ask;
  ask.time.set_columns(100);
  const auto check = [&] {
    const auto view = model.refresh(ask);
    if (!view) FAIL(view.error().message);
    const TopRow& row = view->rows.front();
    REQUIRE(row.high.size() == view->grid.count);
    for (std::size_t i = 0; i < view->grid.count; ++i) REQUIRE(row.high[i] == static_cast<double>(view->grid.end_of(i)));
    return std::exchange(data.asked, 0);
  };
  CHECK(check() == 100);
  CHECK(check() == 15);  // the last seconds alone
  data.now += 1000;
  CHECK(check() == 16);
  ask.time.set_reach(kStart - 3'600'000, data.now);
  ask.time.page(-1);
  CHECK(check() <= 100);
  CHECK(check() == 0);
  ask.time.page(-5);  // far from what is known
  CHECK(check() == 100);
  ask.time.move(50);
  CHECK(check() == 50);
  ask.time.move(-120);
  CHECK(check() <= 50);
  ask.time.go_live();
  CHECK(check() == 100);
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

TEST_CASE("events are asked for again in their time, and where they failed also while no sample comes") {
  class Events final : public TopData {
   public:
    Result<Newest> newest() override { return Newest{now, now}; }
    Result<query::QueryResult> instant(const std::string&, std::optional<TimeMs>) override { return query::QueryResult{}; }
    Answers columns(std::span<const std::string> exprs, const TopGrid&, std::int64_t) override {
      return Answers(exprs.size(), std::vector<TopSeries>());
    }
    std::optional<Extent> extent() override { return std::nullopt; }
    Result<std::vector<query::Event>> events(TimeMs, TimeMs, std::size_t) override {
      if (fails) return failure("too slow");
      return std::vector<query::Event>(2);
    }
    Result<std::string> job_text(const std::string&, TimeMs, TimeMs) override { return failure("no"); }
    std::string fallback_name() const override { return "x"; }
    TimeMs now = kStart;
    bool fails = true;
  };
  Events data;
  TopModel model(data);
  CHECK_FALSE(model.events_due(MonoNs{0}));  // a view comes first
  REQUIRE(model.refresh({}));
  REQUIRE(model.events_due(MonoNs{0}));
  CHECK(model.ask_events(MonoNs{0}).problem == "too slow");
  CHECK_FALSE(model.events_due(MonoNs{10 * kNsPerSecond}));
  REQUIRE(model.events_due(MonoNs{15 * kNsPerSecond}));
  data.fails = false;
  const TopEvents found = model.ask_events(MonoNs{15 * kNsPerSecond});
  CHECK(found.problem.empty());
  CHECK(found.list->size() == 2);
  CHECK_FALSE(model.events_due(MonoNs{99 * kNsPerSecond}));  // nothing is new
  data.now += 1000;
  REQUIRE(model.refresh({}));
  CHECK(model.events_due(MonoNs{99 * kNsPerSecond}));
}

TEST_CASE("who does not answer is asked once a look, and what is known stays, in the time that is shown") {
  class Silent final : public TopData {
   public:
    Result<Newest> newest() override {
      ++asked;
      if (silent) return failure("nobody is there");
      return Newest{kStart, kStart + 200};
    }
    Result<query::QueryResult> instant(const std::string&, std::optional<TimeMs>) override {
      ++asked;
      return query::QueryResult{};
    }
    Answers columns(std::span<const std::string> exprs, const TopGrid& grid, std::int64_t) override {
      ++asked;
      if (silent) return Answers(exprs.size(), failure("nobody is there"));
      TopSeries s({}, grid.count);
      for (std::size_t i = 0; i < grid.count; ++i) s.add(i, 1);
      return Answers(exprs.size(), std::vector{s});
    }
    std::optional<Extent> extent() override { return Extent{1, 3'600'000}; }
    Result<std::vector<query::Event>> events(TimeMs, TimeMs, std::size_t) override { return failure("no"); }
    Result<std::string> job_text(const std::string&, TimeMs, TimeMs) override { return failure("no"); }
    std::string fallback_name() const override { return "x"; }
    bool silent = false;
    int asked = 0;
  };
  Silent data;
  TopModel model(data);
  TopAsk ask;
  ask.time.set_columns(60);
  REQUIRE(model.refresh(ask));
  data.silent = true;
  for (const std::int64_t step : {1000, 60'000}) {
    for (const bool page : {false, true}) {
      data.asked = 0;
      ask.time.set_step(step);
      ask.subject = page ? TopSubject{"cpu", "", "", {}} : TopSubject{};
      const auto view = model.refresh(ask);
      REQUIRE(view);
      CHECK(data.asked == 1);
      CHECK_FALSE(view->answered);
      CHECK(view->problem == "nobody is there");
      CHECK(view->now == kStart + 200);
      if (step == 1000 && !page) CHECK(view->rows.front().now == 1);
    }
  }
}
