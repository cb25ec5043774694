#include "tools/top/controls.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <ctime>
#include <random>

using namespace tacho;
using namespace tacho::tools;

namespace {

constexpr TimeMs kNoon = 1'795'435'200'000;  // 2026-11-23 12:00:00 UTC

const TopLine& line(std::string_view section, std::string_view title) {
  for (const TopLine& l : top_lines())
    if (l.section == section && l.title == title) return l;
  FAIL("no such line");
  std::abort();
}

query::Event event(TimeMs t) {
  query::Event e;
  e.time = t;
  e.kind = "xid";
  return e;
}

// A node of two cards and some disks, an hour of it, and a screen.
struct Fixture {
  TopView view;
  TopState state;

  Fixture() {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
    view.newest = kNoon;
    view.oldest = kNoon - 3'600'000;
    view.now = kNoon + 200;
    state.time.set_reach(view.oldest, kNoon);
    state.time.set_columns(top_page_columns(state));
    view.grid = state.time.grid();
    for (const char* card : {"0", "1"}) add("accel", "busy", card, "accel");
    add("cpu", "busy", "", "");
    for (int i = 0; i < 40; ++i) add("disk", "read", "sd" + std::to_string(i), "device");
    view.events = std::make_shared<std::vector<query::Event>>(
        std::vector{event(kNoon - 3'000'000), event(kNoon - 1'000'300), event(kNoon - 1'000'200), event(kNoon - 60'000)});
  }
  void add(const char* section, const char* title, const std::string& device, const char* label) {
    TopRow r;
    r.line = &line(section, title);
    r.device = device;
    if (!device.empty()) r.labels.set(label, device);
    r.high.assign(view.grid.count, 0.5);
    r.low = r.high;
    r.min = r.max = r.now = 0.5;
    view.rows.push_back(std::move(r));
  }
  bool press(const TopInput& input) {
    state.time.set_columns(top_page_columns(state));
    const TopPage page = top_page(view, state);
    state.first_line = page.first_line;
    return apply(input, view, page, state);
  }
  bool press(TopKey key) { return press(TopInput{key}); }
  bool type(const std::string& text) {
    bool going = true;
    for (const char c : text) going = press(TopInput{TopKey::character, static_cast<char32_t>(c)}) && going;
    return going;
  }
  TopPage page() const { return top_page(view, state); }
  std::string selected() const {
    const TopPage p = page();
    return p.selected && *p.selected < p.items.size() ? p.items[*p.selected].device : "";
  }
};

}  // namespace

TEST_CASE("no sequence of keys and clicks leaves the window, the list, or the terminal's size") {
  std::mt19937 random(11);
  for (int round = 0; round < 60; ++round) {
    Fixture f;
    for (int i = 0; i < 150; ++i) {
      TopInput in;
      in.key = static_cast<TopKey>(2 + random() % (static_cast<unsigned>(TopKey::other) - 1));  // all but none and quit
      const std::string keys = "pp []+-=gGnN<>t/sezukj?h123:-x";
      in.character = static_cast<char32_t>(keys[random() % keys.size()]);
      in.x = static_cast<int>(random() % 120) - 5;
      in.y = static_cast<int>(random() % 40) - 5;
      if (random() % 20 == 0) {
        f.state.width = 80 + random() % 200;
        f.state.height = 24 + random() % 60;
      }
      if (random() % 3 != 0) in.key = TopKey::character;
      REQUIRE(f.press(in));  // nothing of these quits
      f.state.time.set_columns(top_page_columns(f.state));
      const TopPage p = f.page();
      REQUIRE(p.lines.size() == f.state.height);
      REQUIRE(f.state.time.cursor() >= f.view.oldest);
      REQUIRE(f.state.time.cursor() <= kNoon);
      REQUIRE(p.first_line + p.lines_shown <= p.lines_all);
      for (const TopPageLine& l : p.lines) REQUIRE(l.width() <= f.state.width);
    }
  }
}

TEST_CASE("q quits, but from the help it goes back, and where one types it is a letter") {
  Fixture f;
  CHECK(f.type("?"));
  CHECK(f.type("q"));
  CHECK_FALSE(f.state.help);
  CHECK(f.type("/qq"));
  CHECK(f.state.filter == "qq");
  CHECK(f.press(TopKey::enter));
  CHECK_FALSE(f.type("q"));
  CHECK_FALSE(f.press(TopKey::quit));
}

TEST_CASE("a filter shows at once what it leaves, enter keeps it, escape clears it") {
  Fixture f;
  f.type("/sd3");
  CHECK(f.page().items.size() == 11);  // sd3, sd30 to sd39
  f.press(TopKey::backspace);
  f.press(TopKey::backspace);
  CHECK(f.state.filter == "s");
  f.press(TopKey::enter);
  CHECK(f.state.prompt == TopPrompt::none);
  CHECK(f.state.filter == "s");
  f.press(TopKey::escape);
  CHECK(f.state.filter.empty());
}

TEST_CASE("the selection moves over the list and stays with its row when others come or are sorted away") {
  Fixture f;
  CHECK(f.selected() == "0");  // the first card
  f.press(TopKey::down);
  CHECK(f.selected() == "1");
  f.press(TopKey::end);
  CHECK(f.selected() == "sd39");
  f.press(TopKey::page_up);
  f.press(TopKey::home);
  for (int i = 0; i < 10; ++i) f.press(TopKey::down);
  const std::string here = f.selected();
  f.view.rows.erase(f.view.rows.begin());
  CHECK(f.selected() == here);
  f.type("s");
  CHECK(f.selected() == here);
}

TEST_CASE("enter opens what a row is of, escape comes back to the row") {
  Fixture f;
  f.press(TopKey::down);
  f.press(TopKey::enter);
  CHECK(f.state.subject.section == "accel");
  CHECK(f.state.subject.labels == Labels{{"accel", "1"}});
  f.press(TopKey::escape);
  CHECK(f.state.subject.is_overview());
  CHECK(f.selected() == "1");
}

TEST_CASE("a jump goes to the next event's second, and says where there is none") {
  Fixture f;
  f.type("N");
  CHECK(f.state.time.cursor() == kNoon - 60'000);
  f.type("N");
  CHECK(f.state.time.cursor() == kNoon - 1'000'000);  // the second that it ended in
  f.type("N");
  CHECK(f.state.time.cursor() == kNoon - 3'000'000);  // two of one second are one jump
  f.type("N");
  CHECK(f.state.message.starts_with("no event before"));
  CHECK(f.state.time.cursor() == kNoon - 3'000'000);
  f.type(">");
  CHECK(f.state.time.cursor() == kNoon - 1'000'000);
  f.type("nn");
  CHECK(f.state.message.starts_with("no event after"));
}

TEST_CASE("a jump waits until events are known") {
  Fixture f;
  const auto events = std::exchange(f.view.events, nullptr);
  f.type("N");
  CHECK(f.state.time.live());
  f.view.events = events;
  finish_jump(f.view, f.state);
  CHECK(f.state.time.cursor() == kNoon - 60'000);
}

TEST_CASE("a click puts the cursor where it is in time, selects a row, and opens it the second time") {
  Fixture f;
  const TopPage p = f.page();
  REQUIRE(p.timelines.size() == 1);
  const TopTimeline t = p.timelines[0];
  f.press({TopKey::click, 0, static_cast<int>(t.x + 4), 5});
  CHECK(f.state.time.cursor() == f.view.grid.end_of(4));
  int row = 0;
  while (p.of_line[static_cast<std::size_t>(row)] != 1) ++row;
  f.press({TopKey::click, 0, 8, row});
  CHECK(f.selected() == "1");
  f.press({TopKey::click, 0, 8, row});
  CHECK(f.state.subject.device == "1");
}

TEST_CASE("a selected event stays selected when others come and go around it") {
  Fixture f;
  f.type("e");
  f.press(TopKey::up);
  const TopPage before = f.page();
  REQUIRE(before.selected);
  const query::Event selected = (*f.view.events)[*before.selected];
  f.view.events = std::make_shared<std::vector<query::Event>>(
      std::vector{event(kNoon - 3'500'000), event(kNoon - 3'400'000), event(kNoon - 3'000'000), event(kNoon - 2'000'000),
                  event(kNoon - 1'000'300), event(kNoon - 1'000'200), event(kNoon - 1000)});
  CHECK((*f.view.events)[*f.page().selected].time == selected.time);
  f.press(TopKey::enter);
  CHECK(f.state.time.cursor() == column_end(selected.time, 1000));
}

TEST_CASE("a time that is not held is not gone to without a word") {
  Fixture f;
  f.type("t-2h");
  f.press(TopKey::enter);
  CHECK(f.state.time.cursor() == f.view.oldest);
  CHECK(f.state.message == "10:00:00 is before what is held, which begins at 11:00:00");
  f.type("t2026-11-23T12:30:00Z");
  f.press(TopKey::enter);
  CHECK(f.state.message == "12:30:00 is after the newest sample, of 12:00:00");
  f.type("t-10m");
  f.press(TopKey::enter);
  CHECK(f.state.message.empty());
}

TEST_CASE("a terminal that was too small for a while shows the same seconds afterwards") {
  Fixture f;
  f.type("t-20m");
  f.press(TopKey::enter);
  const ViewTime before = f.state.time;
  const auto sized = [&](std::size_t width, std::size_t height) {
    f.state.width = width;
    f.state.height = height;
    fit_columns(f.state);
  };
  sized(60, 20);
  sized(80, 24);
  CHECK(f.state.time.grid() == before.grid());
  CHECK(f.state.time.cursor() == before.cursor());
}

TEST_CASE("a time typed in is gone to, and what is none is said") {
  Fixture f;
  f.type("t11:30:00");
  f.press(TopKey::enter);
  CHECK(f.state.time.cursor() == kNoon - 1'800'000);
  f.type("tnoon");
  f.press(TopKey::enter);
  CHECK(f.state.message.find("'noon' is no time") != std::string::npos);
  CHECK(f.state.time.cursor() == kNoon - 1'800'000);
  f.type("t");
  f.press(TopKey::escape);
  CHECK(f.state.time.cursor() == kNoon - 1'800'000);
}
