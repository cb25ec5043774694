#include "tools/top/page.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <limits>

using namespace tacho;
using namespace tacho::tools;

namespace {

constexpr TimeMs kNoon = 1'795'435'200'000;  // 2026-11-23 12:00:00 UTC
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
  TopRow r{.line = &line(section, title), .device = std::move(device), .values = std::vector<double>(kTopSeconds, before)};
  std::copy(newest.begin(), newest.end(), r.values.end() - static_cast<std::ptrdiff_t>(newest.size()));
  for (double v : r.values) {
    if (std::isnan(v)) continue;
    r.min = std::min(r.min.value_or(v), v);
    r.max = std::max(r.max.value_or(v), v);
  }
  if (!std::isnan(r.values.back())) r.now = r.values.back();
  r.alert = r.now && *r.now > r.line->alert_above;
  return r;
}

struct Fixture {
  TopView view{.node = "node3", .newest = kNoon, .now = kNoon + 200, .extent = TopData::Extent{512, 15'125'000}, .end = kNoon};
  TopPageState state;

  Fixture() {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
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
  // The newest second begins a cell of its own (it is an even one), so the two before it share one.
  const std::string quiet_minute(28, '_'), nothing(28, ' ');
  CHECK(f.text(0) == " node3  12:00:00  512 series  window 4h12m");
  CHECK(f.text(1) == "                               now  last 60 s, peaks of 2 s           min    max");
  CHECK(f.text(2) == "cpu   busy                  50.0 %  " + quiet_minute + "#=   0.0% 100.0%");
  CHECK(f.text(3) == "      load, 1 min                   " + nothing + "#       2      4");
  CHECK(f.text(4) == "");
  CHECK(f.text(5) == "disk  nvme0n1 written   2.00 KiB/s  " + nothing + "=#  1.00K  2.00K");
  CHECK(f.text(6) == "");
  CHECK(f.text(7) == "fs    /data used       !    97.0 %  " + nothing + " #  97.0%  97.0%");
  CHECK(f.text(23) == " q quit  space pause  ? help                                            4 lines");
}

TEST_CASE("every page fills its terminal and no more, at any size") {
  Fixture f;
  f.many_rows(50);
  f.view.rows.push_back(row("cpu", "busy", std::vector<double>(60, 0.5)));
  f.view.rows.push_back(row("net", "in", {1e9}, "a-device-with-quite-a-long-name-0123456789"));
  for (const bool help : {false, true}) {
    f.state.help = help;
    for (std::size_t width = 80; width < 240; width += 7) {
      for (std::size_t height : {24, 25, 40, 80}) {
        f.state.width = width;
        f.state.height = height;
        const TopPage p = f.page();
        REQUIRE(p.lines.size() == height);
        for (const TopPageLine& l : p.lines) {
          INFO(width << " " << l.text());
          REQUIRE(columns(l.text()) <= width);
        }
      }
    }
  }
}

TEST_CASE("with room for it a cell is one second, and the extremes have their units") {
  Fixture f;
  std::vector<double> v(60, 0);
  v[58] = 1;
  f.view.rows = {row("cpu", "busy", v)};
  f.state.width = 120;
  CHECK(f.contains("▁▁▁▁█▁ "));
  CHECK(f.contains("100.0 %"));
  CHECK(f.contains("last 60 s "));
}

TEST_CASE("more lines than the screen has: scrolled, and never past the end") {
  Fixture f;
  f.many_rows(30);
  CHECK(f.page().rows_shown == 21);
  CHECK(f.contains("lines 1-21 of 30"));
  CHECK(f.text(2).starts_with("disk  sd0 read"));
  f.state.first_row = 3;
  CHECK(f.text(2).starts_with("disk  sd3 read"));  // the section is named at the top, wherever the list begins
  f.state.first_row = 1000;
  CHECK(f.page().first_row == 9);
  CHECK(f.contains("lines 10-30 of 30"));
  CHECK(f.text(22).find("sd29 read") != std::string::npos);
}

TEST_CASE("quiet lines are counted, and shown when asked for") {
  Fixture f;
  f.view.rows = {row("cpu", "busy", {0.5}), row("cpu", "steal", {0})};
  f.view.rows[1].quiet = true;
  CHECK_FALSE(f.contains("steal"));
  CHECK(f.contains("1 lines, 1 quiet"));
  f.state.all_rows = true;
  CHECK(f.contains("steal"));
}

TEST_CASE("the header says what must be known before the numbers are believed") {
  Fixture f;
  f.state.paused = true;
  CHECK(f.text(0).ends_with("paused"));
  f.state.paused = false;
  f.view.now = kNoon + 12'300;
  CHECK(f.text(0).ends_with("agent not running: last sample 12 s old"));
  f.state.paused = true;
  CHECK(f.text(0).ends_with("paused, agent not running: last sample 12 s old"));
  f.state.paused = false;
  f.view.now = kNoon + 26 * 3600'000;
  CHECK(f.text(0).starts_with(" node3  2026-11-23 12:00:00 "));
  CHECK(f.text(0).ends_with("last sample 1d2h old"));
  f.view.newest.reset();
  CHECK(f.text(0).ends_with("no samples yet"));
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
  CHECK(f.text(0).ends_with("no answer"));
  CHECK(f.text(23) == " http://127.0.0.1:1: connection refused");
  CHECK(f.contains("50.0 %"));
}

TEST_CASE("what a label says cannot speak to the terminal") {
  Fixture f;
  f.view.node = "n\x1b[2J";
  f.view.rows = {row("net", "in", {1}, "e\x1b]0;x\x07th0")};
  CHECK(f.all().find('\x1b') == std::string::npos);
  CHECK(f.all().find('\x07') == std::string::npos);
  CHECK(f.contains("e?]0;x?th0 in"));
}

TEST_CASE("long titles keep their beginning and their end") {
  Fixture f;
  f.view.rows = {row("fs", "used", {0.5}, "/var/lib/containers/storage")};
  CHECK(f.text(2).starts_with("fs    /var/..orage used"));
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
