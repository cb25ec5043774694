#include "tools/top/controls.h"

#include <algorithm>
#include <utility>

#include "tools/top/pages/event_list.h"
#include "tools/top/pages/text.h"

namespace tacho::tools {
namespace {

constexpr std::size_t kTypedMax = 100;

std::size_t moved(std::size_t at, std::int64_t by, std::size_t count) {
  if (count == 0) return 0;
  return static_cast<std::size_t>(
      std::clamp<std::int64_t>(static_cast<std::int64_t>(at) + by, 0, static_cast<std::int64_t>(count) - 1));
}

void select_event(const TopView& view, std::size_t index, TopState& state) {
  if (view.events != nullptr && index < view.events->size()) state.event = id_of((*view.events)[index]);
}

// The list's selection, or what scrolls where nothing is selected.
void move_lines(std::int64_t by, const TopView& view, const TopPage& page, TopState& state) {
  state.first_line = page.first_line;
  if (state.events) {
    if (page.selected && view.events != nullptr) select_event(view, moved(*page.selected, by, view.events->size()), state);
  } else if (!state.subject.is_overview()) {
    state.first_line = moved(page.first_line, by, page.lines_all);
  } else if (page.selected) {
    state.selected = page.items[moved(*page.selected, by, page.items.size())];
  }
}

void open_selected(const TopPage& page, TopState& state) {
  if (!page.selected || *page.selected >= page.subjects.size()) return;
  state.selected = page.items[*page.selected];
  state.subject = page.subjects[*page.selected];
  state.first_line = 0;
}

void go_to_event(const TopView& view, std::size_t index, TopState& state) {
  const std::vector<query::Event>& events = *view.events;
  if (index >= events.size()) return;
  select_event(view, index, state);
  state.time.go_to(column_end(events[index].time, kSecondMs));
  state.message.clear();
}

void back(TopState& state) {
  if (state.events) {
    state.events = false;
  } else if (!state.subject.is_overview()) {
    state.subject = {};
  } else {
    state.filter.clear();
  }
  state.first_line = 0;
}

void type(const TopInput& input, const TopView& view, TopState& state) {
  const bool filter = state.prompt == TopPrompt::filter;
  switch (input.key) {
    case TopKey::character:
      if (input.character >= 0x20 && input.character < 0x7f && state.typed.size() < kTypedMax)
        state.typed += static_cast<char>(input.character);
      break;
    case TopKey::backspace:
      if (!state.typed.empty()) state.typed.pop_back();
      break;
    case TopKey::escape:
      state.prompt = TopPrompt::none;
      if (filter) state.filter.clear();
      return;
    case TopKey::enter: {
      state.prompt = TopPrompt::none;
      if (filter || state.typed.empty()) return;
      const auto to = parse_view_time(state.typed, view.newest.value_or(view.now));
      if (to) {
        go_to_time(*to, view, state);
      } else {
        state.message = "'" + state.typed + "' is no time; write 14:03, 14:03:22, -10m, or 2026-11-23T16:00:00Z";
      }
      return;
    }
    default: return;
  }
  if (!filter) return;
  state.filter = state.typed;
  state.first_line = 0;
}

void click(const TopInput& input, const TopView& view, const TopPage& page, TopState& state) {
  const auto x = static_cast<std::size_t>(std::max(input.x, 0)), y = static_cast<std::size_t>(std::max(input.y, 0));
  const bool hit = y < page.of_line.size() && page.of_line[y].has_value();
  const std::size_t item = hit ? *page.of_line[y] : 0;
  if (state.events) {
    if (hit) select_event(view, item, state);
    return;
  }
  state.first_line = page.first_line;
  for (const TopTimeline& t : page.timelines) {
    if (x < t.x || x >= t.x + t.cells || y < 2) continue;
    const TopGrid grid = state.time.grid();
    const std::size_t column = std::min((x - t.x) * t.columns_a_cell, grid.count - 1);
    state.time.go_to(grid.end_of(column));
    return;
  }
  if (!hit || item >= page.items.size()) return;
  if (page.selected && *page.selected == item) return open_selected(page, state);
  state.selected = page.items[item];
}

void character(char32_t c, const TopView& view, const TopPage& page, TopState& state) {
  switch (c) {
    case ' ':
    case 'p': state.time.live() ? state.time.pause() : state.time.go_live(); break;
    case '[': state.time.page(-1); break;
    case ']': state.time.page(1); break;
    case '+':
    case '=': state.time.zoom(1); break;
    case '-': state.time.zoom(-1); break;
    case 'g': state.time.go_oldest(); break;
    case 'G': state.time.go_live(); break;
    case 'n':
    case '>': state.jump = 1; break;
    case 'N':
    case '<': state.jump = -1; break;
    case 't':
    case '/':
      state.prompt = c == 't' ? TopPrompt::time : TopPrompt::filter;
      state.typed = c == 't' ? "" : state.filter;
      break;
    case 's':
      state.sort = state.sort == TopSort::max ? TopSort::name : static_cast<TopSort>(static_cast<int>(state.sort) + 1);
      break;
    case 'e':
      state.events = !state.events;
      state.event.reset();
      state.first_line = 0;
      break;
    case 'z': state.all_rows = !state.all_rows; break;
    case 'u': state.charset = state.charset == Charset::utf8 ? Charset::ascii : Charset::utf8; break;
    case 'k': move_lines(-1, view, page, state); break;
    case 'j': move_lines(1, view, page, state); break;
    case '?':
    case 'h': state.help = true; break;
    default: break;
  }
  finish_jump(view, state);
}

}  // namespace

void finish_jump(const TopView& view, TopState& state) {
  if (state.jump == 0 || view.events == nullptr) return;
  const int direction = std::exchange(state.jump, 0);
  const auto found = event_from(*view.events, state.time.cursor(), direction);
  if (found) return go_to_event(view, *found, state);
  state.message = !view.events_problem.empty() ? view.events_problem
                  : direction > 0              ? "no event after " + time_text(state.time.cursor(), view.now)
                                               : "no event before " + time_text(state.time.cursor(), view.now);
}

void go_to_time(TimeMs t, const TopView& view, TopState& state) {
  state.time.go_to(t);
  if (column_end(t, kSecondMs) == state.time.cursor()) return;
  const bool early = t < state.time.oldest();
  state.message = time_text(t, view.now) +
                  (early ? " is before what is held, which begins at " : " is after the newest sample, of ") +
                  time_text(early ? state.time.oldest() : state.time.newest(), view.now);
}

bool apply(const TopInput& input, const TopView& view, const TopPage& page, TopState& state) {
  if (input.key == TopKey::quit) return false;
  if (input.key == TopKey::none || input.key == TopKey::resized) return true;
  state.message.clear();
  if (state.help) {  // any key goes back, q too
    state.help = false;
    return true;
  }
  if (state.prompt != TopPrompt::none) {
    type(input, view, state);
    return true;
  }
  const auto screenful = static_cast<std::int64_t>(std::max<std::size_t>(page.lines_shown, 2) - 1);
  constexpr std::int64_t kAll = 1'000'000;
  switch (input.key) {
    case TopKey::character:
      if (input.character == 'q' || input.character == 'Q') return false;
      character(input.character, view, page, state);
      break;
    case TopKey::enter:
      if (state.events && page.selected && view.events != nullptr) {
        go_to_event(view, *page.selected, state);
        state.events = false;
      } else if (state.subject.is_overview()) {
        open_selected(page, state);
      }
      break;
    case TopKey::tab:
      if (!state.events && state.subject.is_overview()) open_selected(page, state);
      break;
    case TopKey::escape:
    case TopKey::backspace: back(state); break;
    case TopKey::up:
    case TopKey::wheel_up: move_lines(-1, view, page, state); break;
    case TopKey::down:
    case TopKey::wheel_down: move_lines(1, view, page, state); break;
    case TopKey::page_up: move_lines(-screenful, view, page, state); break;
    case TopKey::page_down: move_lines(screenful, view, page, state); break;
    case TopKey::home: move_lines(-kAll, view, page, state); break;
    case TopKey::end: move_lines(kAll, view, page, state); break;
    case TopKey::left: state.time.move(-1); break;
    case TopKey::right: state.time.move(1); break;
    case TopKey::shift_left: state.time.page(-1); break;
    case TopKey::shift_right: state.time.page(1); break;
    case TopKey::click: click(input, view, page, state); break;
    case TopKey::none:
    case TopKey::quit:
    case TopKey::resized:
    case TopKey::other: break;
  }
  return true;
}

}  // namespace tacho::tools
