#include "tools/top/pages/event_list.h"

#include <algorithm>

#include "tools/top/pages/frame.h"

namespace tacho::tools {
namespace {

constexpr std::size_t kKindWidth = 13, kDeviceWidth = 12;

TopPageLine event_line(const query::Event& e, TimeMs now, bool selected, std::size_t width) {
  const bool grave = e.severity == query::Severity::error;
  TopPageLine line;
  line.add(selected ? " >" : "  ", TopStyle::strong);
  line.add(fitted(time_text(e.time, now), time_text(e.time, now).size() > 8 ? 20 : 9),
           selected ? TopStyle::selected : TopStyle::strong);
  line.add(right(ago_text(e.time, now), 12) + "  ", TopStyle::faint);
  line.add(grave ? "!" : " ", TopStyle::alert);
  line.add(fitted(printable(e.kind), kKindWidth) + " ", grave ? TopStyle::alert : TopStyle::plain);
  line.add(fitted(printable(e.device), kDeviceWidth) + " ");
  std::string text = printable(e.text);
  if (e.began_earlier) text += ", began earlier";
  if (e.ongoing) text += ", goes on";
  line.add(text);
  line.fit(width);
  return line;
}

}  // namespace

std::optional<std::size_t> event_from(const std::vector<query::Event>& events, TimeMs at, int direction) {
  // Seconds are what the cursor knows: an event of 5.3 s is at the second that ends at 6.
  const auto second = [](const query::Event& e) { return column_end(e.time, kSecondMs); };
  if (direction > 0) {
    const auto next = std::find_if(events.begin(), events.end(), [&](const query::Event& e) { return second(e) > at; });
    return next == events.end() ? std::nullopt : std::optional(static_cast<std::size_t>(next - events.begin()));
  }
  for (std::size_t i = events.size(); i-- > 0;) {
    if (second(events[i]) < at) return i;
  }
  return std::nullopt;
}

TopEventId id_of(const query::Event& event) { return {event.time, event.kind, event.device}; }

std::size_t place_of(const std::vector<query::Event>& events, const TopEventId& id) {
  std::size_t nearest = 0;
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (id_of(events[i]) == id) return i;
    if (events[i].time <= id.time) nearest = i;
  }
  return nearest;
}

void add_event_list(const TopView& view, const TopState& state, TopPage& page) {
  TopPageLine titles;
  titles.add(
      "  " + fitted("when", 9) + right("ago", 12) + "   " + fitted("what", kKindWidth) + " " + fitted("device", kDeviceWidth),
      TopStyle::faint);
  titles.fit(state.width);
  page.lines.push_back(std::move(titles));
  page.of_line.assign(kHeaderLines, std::nullopt);
  const auto say = [&](const std::string& text) {
    TopPageLine line;
    line.add("  " + text);
    line.fit(state.width);
    page.lines.push_back(std::move(line));
    page.of_line.push_back(std::nullopt);
  };
  if (view.events == nullptr) return say("asking ...");
  if (!view.events_problem.empty()) say(printable(view.events_problem));
  const std::vector<query::Event>& events = *view.events;
  if (events.empty()) {
    if (view.events_problem.empty())
      say("nothing has happened in the window: no error of a device, no throttle, no OOM kill, no missed tick");
    return;
  }
  page.selected =
      state.event ? place_of(events, *state.event) : event_from(events, state.time.cursor() + kSecondMs, -1).value_or(0);
  const std::size_t room = state.height - kFrameLines - (view.events_problem.empty() ? 0 : 1);
  page.lines_all = events.size();
  page.lines_shown = std::min(room, events.size());
  page.first_line = std::min(state.first_line, events.size() - page.lines_shown);
  page.first_line = std::min(page.first_line, *page.selected);
  if (*page.selected >= page.first_line + page.lines_shown) page.first_line = *page.selected + 1 - page.lines_shown;
  for (std::size_t i = page.first_line; i < page.first_line + page.lines_shown; ++i) {
    page.lines.push_back(event_line(events[i], view.now, i == *page.selected, state.width));
    page.of_line.push_back(i);
  }
}

}  // namespace tacho::tools
