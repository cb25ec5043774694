#include "tools/top/pages/page.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <limits>

using namespace tacho;
using namespace tacho::tools;

namespace {

constexpr TimeMs kNoon = 1'795'435'200'000;  // 2026-11-23 12:00:00 UTC
constexpr std::size_t kColumns = 30;         // at 80x24
constexpr double kGap = std::numeric_limits<double>::quiet_NaN();

std::size_t columns(const std::string& s) {
  std::size_t n = 0;
  for (char c : s) n += (c & 0xc0) != 0x80;
  return n;
}

const TopLine& line(std::string_view section, std::string_view title) {
  for (const TopLine& l : top_lines())
    if (l.section == section && l.title == title) return l;
  FAIL("no such line");
  std::abort();
}

TopRow row(std::string_view section, std::string_view title, std::vector<double> newest, std::string device = "",
           double before = kGap) {
  TopRow r;
  r.line = &line(section, title);
  r.device = std::move(device);
  r.high.assign(kColumns, before);
  std::copy(newest.begin(), newest.end(), r.high.end() - static_cast<std::ptrdiff_t>(newest.size()));
  r.low = r.high;
  for (double v : r.high) {
    if (std::isnan(v)) continue;
    r.min = std::min(r.min.value_or(v), v);
    r.max = std::max(r.max.value_or(v), v);
  }
  if (!std::isnan(r.high.back())) r.now = r.high.back();
  r.alert = r.now && *r.now > r.line->alert_above;
  return r;
}

struct Fixture {
  TopView view;
  TopState state;

  Fixture() {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
    view.node = "node3";
    view.newest = kNoon;
    view.oldest = kNoon - 15'125'000;
    view.now = kNoon + 200;
    view.extent = TopData::Extent{512, 15'125'000};
    state.time.set_reach(view.oldest, kNoon);
    state.time.set_columns(kColumns);
    view.time = state.time;
    view.grid = state.time.grid();
  }
  TopPage page() const { return top_page(view, state); }
  // Without what fills lines up to the right.
  std::string text(std::size_t i) const {
    std::string s = page().lines.at(i).text();
    s.erase(s.find_last_not_of(' ') + 1);
    return s;
  }
  std::string all() const {
    std::string out;
    for (std::size_t i = 0; i < page().lines.size(); ++i) out += text(i) + "\n";
    return out;
  }
  bool contains(const std::string& what) const { return all().find(what) != std::string::npos; }
  void many_rows(int n) {
    for (int i = 0; i < n; ++i) view.rows.push_back(row("disk", "read", {1}, "sd" + std::to_string(i)));
  }
};

}  // namespace

TEST_CASE("80x24: the page, character by character") {
  Fixture f;
  f.view.rows = {row("cpu", "busy", {0.25, 1, 0.5}, "", 0), row("cpu", "load, 1 min", {2, 4, kGap}),
                 row("disk", "written", {1024, 2048}, "nvme0n1"), row("fs", "used", {0.97}, "/data")};
  f.state.charset = Charset::ascii;
  const std::string quiet(27, '_'), nothing(27, ' ');
  CHECK(f.text(0) == " node3  12:00:00  live  512 series  window 4h12m");
  CHECK(f.text(1) == " 07:47:55 " + std::string(64, '-') + "= now");
  CHECK(f.text(2) == "                               now  11:59:31              12:00:00    min    max");
  CHECK(f.text(3) == "cpu   >busy                 50.0 %  " + quiet + ":#=   0.0% 100.0%");
  CHECK(f.text(4) == "       load, 1 min                  " + nothing + "=#       2      4");
  CHECK(f.text(5) == "");
  CHECK(f.text(6) == "disk   nvme0n1 written  2.00 KiB/s  " + nothing + " =#  1.00K  2.00K");
  CHECK(f.text(7) == "");
  CHECK(f.text(8) == "fs     /data used      !    97.0 %  " + nothing + "  #  97.0%  97.0%");
  CHECK(f.text(23).starts_with(" q quit  space pause  ? help"));
  CHECK(f.text(23).ends_with("6 lines"));
}

namespace {

query::Event event(TimeMs t, std::string kind, std::string device, std::string text) {
  query::Event e;
  e.time = t;
  e.kind = std::move(kind);
  e.severity = query::Severity::error;
  e.device = std::move(device);
  e.text = std::move(text);
  return e;
}

// A view with something of everything.
Fixture busy_fixture() {
  Fixture f;
  const std::vector<double> wave = [] {
    std::vector<double> v(kColumns, 0.2);
    v[20] = 0.9;
    v[21] = kGap;
    return v;
  }();
  for (int card = 0; card < 8; ++card) {
    for (const char* title : {"busy", "tensor", "memory", "power", "temp", "link"})
      f.view.rows.push_back(row("accel", title, wave, std::to_string(card)));
  }
  for (const char* title : {"busy", "user", "load, 1 min"}) f.view.rows.push_back(row("cpu", title, wave));
  for (int i = 0; i < 30; ++i) f.view.rows.push_back(row("disk", "read", wave, "sd" + std::to_string(i)));
  f.view.rows.push_back(row("net", "in", {1e9}, "a-device-with-quite-a-long-name-0123456789"));
  f.view.rows.push_back(row("fs", "used", {0.97}, "/var/lib/containers/storage"));
  for (const TopChart* chart : top_charts("accel")) {
    TopChartView c{chart, {}};
    for (int i = 0; i < 3; ++i) c.curves.push_back({"curve " + std::to_string(i), wave, wave, 0.2});
    f.view.detail.charts.push_back(c);
  }
  f.view.detail.facts = {{"model", "H200"}, {"uuid", std::string(200, 'x')}};
  f.view.detail.report = std::string(300, 'r') + "\nlast\n";
  f.view.events = std::make_shared<std::vector<query::Event>>(std::vector{
      event(kNoon - 500'000, "xid", "nvidia 3", std::string(200, 'y')), event(kNoon - 5000, "throttle", "nvidia 0", "cap")});
  return f;
}

}  // namespace

TEST_CASE("every page fills its terminal and no more, at any size, in UTF-8 and in ASCII") {
  Fixture f = busy_fixture();
  const auto check = [&](std::size_t width, std::size_t height) {
    f.state.width = width;
    f.state.height = height;
    f.state.time.set_columns(top_page_columns(f.state));
    const TopPage p = f.page();
    REQUIRE(p.lines.size() == height);
    REQUIRE(p.of_line.size() == height);
    for (const TopPageLine& l : p.lines) {
      INFO(width << "x" << height << " " << l.text());
      REQUIRE(columns(l.text()) <= width);
    }
    for (const TopTimeline& t : p.timelines) REQUIRE(t.x + t.cells <= width);
  };
  for (const Charset charset : {Charset::utf8, Charset::ascii}) {
    for (const bool live : {true, false}) {
      for (const int kind : {0, 1, 2, 3}) {
        f.state = TopState{};
        f.state.time.set_reach(f.view.oldest, kNoon);
        f.state.charset = charset;
        if (!live) f.state.time.go_to(kNoon - 10'000);
        f.state.help = kind == 1;
        f.state.events = kind == 2;
        if (kind == 3) f.view.subject = f.state.subject = {"accel", "3", "3", Labels{{"accel", "3"}}};
        for (const auto& [width, height] : {std::pair{80, 24}, {100, 30}, {160, 50}, {200, 60}, {300, 100}})
          check(static_cast<std::size_t>(width), static_cast<std::size_t>(height));
        for (std::size_t width = 80; width < 240; width += 7) check(width, 24 + width % 50);
        f.view.subject = {};
      }
    }
  }
}

TEST_CASE("in ASCII a page has nothing but ASCII") {
  Fixture f = busy_fixture();
  f.state.charset = Charset::ascii;
  for (const bool detail : {false, true}) {
    if (detail) f.view.subject = f.state.subject = {"accel", "3", "3", Labels{{"accel", "3"}}};
    f.state.time.set_columns(top_page_columns(f.state));
    for (const char c : f.all()) REQUIRE(static_cast<unsigned char>(c) < 0x80);
  }
}

TEST_CASE("accelerators are a line each, above all else; what holds them is said in words") {
  Fixture f = busy_fixture();
  TopRow held = row("accel", "slowed by", {1}, "3");
  held.which = "thermal_hw";
  f.view.rows.push_back(held);
  CHECK(f.text(3).starts_with("accel "));
  CHECK(f.text(4).starts_with("      >0     "));
  CHECK(f.text(7).starts_with("       3   ! "));
  CHECK(f.text(7).ends_with("therma"));
  CHECK(f.text(11).starts_with("       7     "));
  CHECK(f.text(12).starts_with("accel  0 busy"));
}

TEST_CASE("more lines than the screen has: the selection stays on it, and never past the end") {
  Fixture f;
  for (int i = 0; i < 30; ++i) f.view.rows.push_back(row("disk", "read", {1}, "sd" + std::to_string(i)));
  CHECK(f.page().lines_shown == 20);
  CHECK(f.contains("1-20 of 30"));
  CHECK(f.text(3).starts_with("disk  >sd0 read"));
  f.state.selected = TopRowId{"disk", "read", "sd22"};
  CHECK(f.page().first_line == 3);
  CHECK(f.text(3).starts_with("disk   sd3 read"));  // the section is named at the top, wherever the list begins
  CHECK(f.text(22).starts_with("      >sd22 read"));
  f.state.selected = TopRowId{"disk", "read", "sd29"};
  f.state.first_line = 1000;
  CHECK(f.page().first_line == 10);
  CHECK(f.contains("11-30 of 30"));
  f.state.selected = TopRowId{"disk", "read", "gone"};
  CHECK(f.page().selected == 0);
}

TEST_CASE("quiet lines are counted, and shown when asked for, and found by a filter") {
  Fixture f;
  f.view.rows = {row("cpu", "busy", {0.5}), row("cpu", "steal", {0})};
  f.view.rows[1].quiet = true;
  CHECK_FALSE(f.contains("steal"));
  CHECK(f.contains("1 lines, z: 1 more"));
  f.state.all_rows = true;
  CHECK(f.contains("steal"));
  f.state.all_rows = false;
  f.state.filter = "STEAL";
  CHECK(f.contains("steal"));
  CHECK_FALSE(f.contains("busy"));
}

TEST_CASE("a filter is words and labels, all of which must be there") {
  TopRow r = row("net", "in", {1}, "eth0");
  r.labels = Labels{{"device", "eth0"}};
  for (const char* good : {"", "eth", "ETH0", "net in", "device=eth0", "section=net in", "  in  "}) CHECK(passes_filter(r, good));
  for (const char* bad : {"eth1", "net out", "device=eth", "section=disk", "pod=x"}) CHECK_FALSE(passes_filter(r, bad));
}

TEST_CASE("sorted by value, like is compared with like") {
  Fixture f;
  f.view.rows = {row("cpu", "busy", {0.5}), row("disk", "read", {1}, "sda"), row("disk", "written", {900}, "sda"),
                 row("disk", "read", {7}, "sdb"), row("disk", "written", {3}, "sdb")};
  f.state.sort = TopSort::now;
  std::vector<std::string> titles;
  for (const TopItem& i : top_list(f.view, f.state).items) titles.push_back(i.row->title());
  CHECK(titles == std::vector<std::string>{"busy", "sdb read", "sda read", "sda written", "sdb written"});
}

TEST_CASE("the header says what must be known before the numbers are believed") {
  Fixture f;
  CHECK(f.text(0).find("12:00:00  live") != std::string::npos);
  f.state.time.go_to(kNoon - 1'023'000);
  CHECK(f.text(0).find("at 11:42:57, 17m3s ago") != std::string::npos);
  f.state.time.go_live();
  f.view.now = kNoon + 12'300;
  CHECK(f.text(0).ends_with("agent not running: last sample 12 s old"));
  f.state.of_file = true;
  CHECK(f.text(0).ends_with("a file: last sample 12 s old"));
  f.state.of_file = false;
  CHECK(f.text(0).find("12:00:00  newest") != std::string::npos);
  f.view.now = kNoon + 26 * 3600'000;
  CHECK(f.text(0).starts_with(" node3  2026-11-23 12:00:00 "));
  CHECK(f.text(0).ends_with("last sample 1d2h old"));
  f.view.newest.reset();
  CHECK(f.text(0).ends_with("no samples yet"));
  f.state.silent_ms = 7300;
  CHECK(f.text(0).ends_with("no answer for 7 s"));
}

TEST_CASE("a view of another time is shown as far as it fits: values of one second never stand for another") {
  Fixture f;
  std::vector<double> v;
  for (std::size_t i = 0; i < kColumns; ++i) v.push_back(static_cast<double>(i) / 100);
  f.view.rows = {row("cpu", "busy", v)};
  f.state.charset = Charset::ascii;
  f.state.time.go_to(kNoon - 10'000);  // on the screen: its value is known
  CHECK(f.contains("19.0 %"));
  f.state.time.go_to(kNoon - 3600'000);  // nothing of it is
  CHECK(f.text(3).find('%') == std::string::npos);
  CHECK(f.text(3).find_first_of("_.:=+*#") == std::string::npos);
  f.state.time.go_live();
  f.state.time.set_step(10'000);  // other columns
  CHECK(f.text(3) == "cpu   >busy                 29.0 %");
}

TEST_CASE("a node that samples slowly is not taken for dead between its samples") {
  Fixture f;
  f.view.interval_ms = 10'000;
  f.view.now = kNoon + 12'000;
  CHECK_FALSE(f.contains("not running"));
  CHECK(f.contains("every 10s"));
}

TEST_CASE("who does not answer is named below, and the numbers stay") {
  Fixture f;
  f.view.rows = {row("cpu", "busy", {0.5})};
  f.state.problem = "http://127.0.0.1:1: connection refused";
  CHECK(f.text(0).ends_with("no answer since 12:00:00"));
  CHECK(f.text(23) == " http://127.0.0.1:1: connection refused");
  CHECK(f.contains("50.0 %"));
}

TEST_CASE("what a label says cannot speak to the terminal") {
  Fixture f = busy_fixture();
  f.view.node = "n\x1b[2J";
  f.view.rows = {row("net", "in", {1}, "e\x1b]0;x\x07th0")};
  f.view.detail.facts = {{"a\x1b", "b\x1b"}};
  f.view.detail.charts[0].curves[0].name = "c\x1b";
  f.view.detail.report = "r\x1b";
  f.view.events = std::make_shared<std::vector<query::Event>>(std::vector{event(kNoon, "k\x1b", "d\x1b", "t\x1b")});
  f.state.filter = "\x1b";
  const auto check = [&] {
    CHECK(f.all().find('\x1b') == std::string::npos);
    CHECK(f.all().find('\x07') == std::string::npos);
  };
  check();
  f.state.filter.clear();
  check();
  CHECK(f.contains("e?]0;x?th0 in"));
  f.state.events = true;
  check();
  f.state.events = false;
  f.view.subject = f.state.subject = {"accel\x1b", "3\x1b", "3\x1b", {}};
  check();
}

TEST_CASE("long titles keep their beginning and their end") {
  Fixture f;
  f.view.rows = {row("fs", "used", {0.5}, "/var/lib/containers/storage")};
  CHECK(f.text(3).starts_with("fs    >/var/..rage used"));
}

TEST_CASE("a terminal that is too small is told how large it must be") {
  Fixture f;
  f.state.width = 79;
  CHECK(f.text(0) == "tacho top needs 80x24; here: 79x24");
  f.state.width = 10;
  f.state.height = 2;
  CHECK(f.page().lines.size() == 2);
  CHECK(f.text(0) == "tacho top");
}

TEST_CASE("where there is no room for all, minor lines make room, unless they alert or are asked for") {
  Fixture f;
  f.view.rows = {row("cpu", "busy", {0.5}), row("cpu", "user", {0.25}), row("cpu", "switches", {7})};
  CHECK(f.contains("user"));
  for (int i = 0; i < 18; ++i) f.view.rows.push_back(row("disk", "read", {1}, "sd" + std::to_string(i)));
  CHECK_FALSE(f.contains("user"));
  CHECK(f.contains("busy"));
  CHECK(f.contains("z: 2 more"));
  f.view.rows[2].alert = true;
  CHECK(f.contains("switches"));
  f.state.all_rows = true;
  CHECK(f.contains("user"));
}

TEST_CASE("what alerts at one second does not alert at another that is not known yet") {
  Fixture f;
  f.view.rows = {row("fs", "used", {0.97}, "/data")};
  CHECK(f.text(3).find('!') != std::string::npos);
  f.state.time.go_to(kNoon - 5000);
  CHECK(f.text(3).find('!') == std::string::npos);
}
