#include "tools/top/pages/frame.h"

#include <fmt/format.h>

#include <algorithm>

#include "proto/base/duration.h"
#include "tools/terminal/format.h"

namespace tacho::tools {
namespace {

constexpr std::int64_t kSilentMs = 3000;
constexpr std::int64_t kWaitedMs = 1500;

// Whether the newest sample is of just now: of a dead agent, or a file, it is not.
bool is_fresh(const TopView& view) { return view.newest && view.now - *view.newest <= std::max(kSilentMs, 3 * view.interval_ms); }

// What the reader must know before believing the numbers; the most important alone.
std::string status_of(const TopView& view, const TopState& state) {
  if (state.silent_ms >= kWaitedMs) return fmt::format("no answer for {} s", state.silent_ms / 1000);
  if (state.asking) return state.problem.empty() ? "asking ..." : "no answer";
  if (!state.problem.empty() || !view.answered) return "no answer since " + time_text(view.now, view.now);
  if (!view.newest) return "no samples yet";
  if (is_fresh(view)) return "";
  const std::int64_t age = view.now - *view.newest;
  return fmt::format("{}: last sample {} old", state.of_file ? "a file" : "agent not running",
                     age < 60'000 ? fmt::format("{} s", age / 1000) : format_span(static_cast<double>(age) / 1000));
}

std::string hints(const TopState& state, std::size_t room) {
  std::vector<std::string> all;
  if (state.asking) {
    all = {state.within ? "esc nodes" : "", "q quit"};
    std::erase(all, "");
  } else if (state.help) {
    all = {"any key: back"};
  } else if (state.events) {
    all = {"enter go there", "e back", "up/down", "q quit", "? help"};
  } else if (!state.subject.is_overview()) {
    all = {"esc back", state.time.live() ? "space pause" : "space live", "left/right", "+/- zoom", "e events", "? help", "q quit",
           "n/N event"};
  } else {
    all = {"q quit",    state.time.live() ? "space pause" : "space live",
           "? help",    "left/right",
           "+/- zoom",  "/ filter",
           "e events",  "enter",
           "n/N event", "s sort",
           "t time"};
    if (state.within) all.insert(all.begin(), "esc nodes");
  }
  std::string out;
  for (const std::string& h : all) {
    if (out.size() + 2 + h.size() > room) break;
    out += (out.empty() ? " " : "  ") + h;
  }
  return out;
}

}  // namespace

TopPageLine header_line(const TopView& view, const TopState& state) {
  const std::string status = status_of(view, state);
  const bool live = state.time.live();
  std::string node = " " + printable(view.node);
  if (!state.subject.is_overview())
    node += "  " + printable(state.subject.section + (state.subject.name.empty() ? "" : " " + state.subject.name));
  std::string when;
  if (view.newest) {
    const TimeMs at = live ? *view.newest : state.time.cursor();
    when = live ? time_text(at, view.now) + (is_fresh(view) ? "  live" : "  newest")
                : "at " + time_text(at, view.now) + ", " + ago_text(at, view.now);
  } else if (!live) {
    when = "paused";
  }
  const std::size_t room = state.width - std::min(state.width, columns(status) + 2);
  // Node and time always; the rest where the status leaves room.
  if (node.size() + 2 + when.size() > room && room > when.size() + 6) node = node.substr(0, room - when.size() - 4) + "..";
  TopPageLine line;
  line.add(node + "  ", TopStyle::bar);
  line.add(when, live ? TopStyle::bar : TopStyle::bar_alert);
  std::size_t used = node.size() + 2 + when.size();
  const auto add = [&](const std::string& s) {
    if (used + 2 + s.size() > room) return;
    line.add("  " + s, TopStyle::bar);
    used += 2 + s.size();
  };
  if (!state.filter.empty()) add("filter: " + printable(state.filter));
  if (state.sort != TopSort::name) add(state.sort == TopSort::now ? "by now" : "by max");
  if (view.extent) add(fmt::format("{} series", view.extent->series));
  if (view.extent) add("window " + format_span(static_cast<double>(view.extent->window_ms) / 1000));
  if (view.interval_ms != 1000) add("every " + format_duration(view.interval_ms));
  line.fit(room);
  line.add(" " + status + " ", status.empty() ? TopStyle::bar : TopStyle::bar_alert);
  line.fit(state.width);
  return line;
}

TopPageLine window_line(const TopView& view, const TopState& state) {
  const bool utf8 = state.charset == Charset::utf8;
  const ViewTime& time = state.time;
  TopPageLine line;
  if (!view.newest || time.newest() <= time.oldest()) return line;
  const std::string left = " " + time_text(time.oldest(), view.now) + " ",
                    tail = time.live() ? " now" : " " + time_text(time.newest(), view.now);
  if (left.size() + tail.size() + 20 > state.width) return line;
  const std::size_t cells = state.width - left.size() - tail.size() - 1;
  const auto place = [&](TimeMs t) {
    const double part = static_cast<double>(t - time.oldest()) / static_cast<double>(time.newest() - time.oldest());
    return static_cast<std::size_t>(std::clamp(part, 0.0, 1.0) * static_cast<double>(cells - 1) + 0.5);
  };
  const TopGrid grid = time.grid();
  const std::size_t from = place(grid.before()), to = place(grid.last()), cursor = place(time.cursor());
  std::vector<char> happened(cells, 0);
  if (view.events != nullptr) {
    for (const query::Event& e : *view.events) {
      if (e.time >= time.oldest() && e.time <= time.newest()) happened[place(e.time)] = 1;
    }
  }
  line.add(left, TopStyle::faint);
  for (std::size_t i = 0; i < cells; ++i) {
    const bool shown = i >= from && i <= to;
    if (!time.live() && i == cursor) {
      const bool event = happened[i] != 0;
      line.add(event ? "!" : utf8 ? "┃" : "^", event ? TopStyle::cursor : TopStyle::strong);
    } else if (happened[i] != 0) {
      line.add("!", TopStyle::alert);
    } else {
      line.add(shown ? (utf8 ? "━" : "=") : (utf8 ? "─" : "-"), shown ? TopStyle::strong : TopStyle::faint);
    }
  }
  line.add(tail, TopStyle::faint);
  return line;
}

std::string axis_text(const ViewTime& time, TimeMs now, std::size_t cells) {
  const TopGrid grid = time.grid();
  std::string left = time_text(grid.before() + kSecondMs, now), tail = time_text(std::min(grid.last(), time.newest()), now);
  std::string middle = time.step_ms() == kSecondMs ? "" : "peaks of " + format_duration(time.step_ms());
  if (left.size() + tail.size() + 2 > cells) left.clear();
  if (tail.size() > cells) tail.clear();
  const std::size_t room = cells - left.size() - tail.size();
  if (middle.size() + 2 > room) middle = format_duration(time.step_ms());
  if (middle.size() + 2 > room || time.step_ms() == kSecondMs) middle.clear();
  const std::size_t before = (room - middle.size()) / 2;
  return left + std::string(before, ' ') + middle + std::string(room - middle.size() - before, ' ') + tail;
}

TopPageLine footer_line(const TopView& view, const TopState& state, const std::string& where) {
  TopPageLine line;
  if (state.prompt != TopPrompt::none) {
    line.add(state.prompt == TopPrompt::filter ? " filter: " : " go to (14:03:22, -10m): ", TopStyle::strong);
    line.add(printable(state.typed) + "_");
    line.add(state.prompt == TopPrompt::filter ? "   words, or label=value; enter keeps it, esc clears it"
                                               : "   enter goes there, esc does not",
             TopStyle::faint);
    line.fit(state.width);
    return line;
  }
  const std::string& problem = state.problem.empty() ? view.problem : state.problem;
  const std::string& said = state.message.empty() ? problem : state.message;
  if (!said.empty() && !state.help) {
    line.add(" " + printable(said), TopStyle::alert);
    line.fit(state.width);
    return line;
  }
  const std::string keys = hints(state, state.width - std::min(state.width, where.size() + 3));
  line.add(keys, TopStyle::faint);
  line.fit(state.width - std::min(state.width, where.size() + 1));
  line.add(where, TopStyle::faint);
  line.fit(state.width);
  return line;
}

}  // namespace tacho::tools
