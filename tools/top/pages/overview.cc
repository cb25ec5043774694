#include "tools/top/pages/overview.h"

#include <algorithm>
#include <cmath>

#include "tools/terminal/format.h"
#include "tools/top/pages/frame.h"

namespace tacho::tools {
namespace {

constexpr std::size_t kSectionWidth = 7;
constexpr std::size_t kTitleWidthMin = 16, kTitleWidthMax = 24;
constexpr std::size_t kGap = 2;
constexpr std::size_t kDeviceWidth = 4;
constexpr std::array<std::size_t, 5> kCellWidths = {6, 7, 7, 7, 5};  // busy, tensor, memory, power, temp; "link" is behind

// How a width is shared out: first everything a little, then the extremes with their units, then titles; the rest is time.
struct Layout {
  std::size_t title = kTitleWidthMin;
  std::size_t extreme = kCompactWidth;
  std::size_t cells = 1;  // of time

  std::size_t left() const { return kSectionWidth + title + 1 + kFullWidth + kGap; }
  // Of a device's line, whose time ends where all others' does.
  std::size_t device_left() const {
    std::size_t n = kSectionWidth + kDeviceWidth + 1 + kGap;
    for (const std::size_t w : kCellWidths) n += w;
    return std::max(n, left());
  }
  std::size_t device_cells() const { return cells - (device_left() - left()); }

  static Layout of(std::size_t width) {
    Layout l;
    if (width >= 120) l.extreme = kFullWidth;
    if (width >= 120) l.title = std::min(kTitleWidthMax, kTitleWidthMin + (width - 120) / 4);
    l.cells = width - l.left() - 2 * (1 + l.extreme);
    return l;
  }
};

// What of a row is on the screen: its values on the state's grid, though they may have been asked for another.
struct Shown {
  std::vector<double> values;
  std::optional<double> now, min, max;
};

Shown shown_of(const TopRow& row, const TopView& view, const TopState& state) {
  const TopGrid grid = state.time.grid();
  if (grid == view.grid && state.time.cursor() == view.time.cursor()) return {row.values(), row.now, row.min, row.max};
  Shown s;
  s.values = on_grid(row.values(), view.grid, grid);
  const std::vector<double> high = on_grid(row.high, view.grid, grid), low = on_grid(row.low, view.grid, grid);
  for (std::size_t i = 0; i < high.size(); ++i) {
    if (std::isnan(high[i])) continue;
    s.max = std::max(s.max.value_or(high[i]), high[i]);
    s.min = std::min(s.min.value_or(low[i]), low[i]);
  }
  if (state.time.cursor() == view.time.cursor()) {
    s.now = row.now;
  } else if (grid.step_ms == kSecondMs) {
    const auto at = grid.index_of(state.time.cursor());
    if (at && !std::isnan(high[*at])) s.now = high[*at];
  }
  return s;
}

SparkScale scale_of(const TopRow& row, const Shown& s) {
  if (!s.max) return {};
  SparkScale scale{0, std::max(row.line->full, *s.max)};
  if (row.line->base == TopBase::minimum) scale.low = std::min(*s.min, *s.max * 0.95);
  return scale;
}

std::string compact(const std::optional<double>& v, TopUnit unit) { return v ? format_compact(*v, unit) : std::string(); }
std::string full(const std::optional<double>& v, TopUnit unit) { return v ? format_full(*v, unit) : std::string(); }

void add_spark(TopPageLine& line, const TopRow& row, const Shown& s, const TopState& state, std::size_t cells) {
  const std::size_t skipped = s.values.size() - std::min(s.values.size(), cells);
  const std::string text = right(sparkline(std::span(s.values).subspan(skipped), scale_of(row, s), state.charset), cells);
  if (state.time.live()) return line.add(text, TopStyle::spark);
  const auto at = state.time.grid().index_of(state.time.cursor());
  add_with_cursor(line, text, TopStyle::spark, at && *at >= skipped ? *at - skipped : cells);
}

void add_section(TopPageLine& line, std::string_view section, bool selected) {
  line.add(fitted(std::string(section), kSectionWidth - 1), TopStyle::heading);
  line.add(selected ? ">" : " ", TopStyle::strong);
}

TopPageLine row_line(const TopItem& item, const Layout& l, bool names_section, bool selected, const TopView& view,
                     const TopState& state) {
  const TopRow& row = *item.row;
  const Shown s = shown_of(row, view, state);
  const TopUnit unit = row.line->unit;
  const auto extreme = [&](const std::optional<double>& v) {
    return " " + right(l.extreme == kFullWidth ? full(v, unit) : compact(v, unit), l.extreme);
  };
  TopPageLine line;
  add_section(line, names_section ? row.line->section : "", selected);
  line.add(fitted(printable(row.title()), l.title) + (item.alert ? "!" : " "), selected     ? TopStyle::selected
                                                                               : item.alert ? TopStyle::alert
                                                                                            : TopStyle::plain);
  line.add(right(full(s.now, unit), kFullWidth), item.alert ? TopStyle::alert : TopStyle::strong);
  line.add(std::string(kGap, ' '));
  add_spark(line, row, s, state, l.cells);
  line.add(extreme(s.min) + extreme(s.max), TopStyle::faint);
  return line;
}

TopPageLine device_titles(const Layout& l) {
  TopPageLine line;
  std::string text = fitted("accel", kSectionWidth);
  std::string rest = std::string(kDeviceWidth + 1, ' ');
  for (std::size_t i = 0; i < kCellWidths.size(); ++i) rest += right(std::string(kDeviceCells[i]), kCellWidths[i]);
  rest += std::string(l.device_left() - kSectionWidth - rest.size(), ' ');
  rest += fitted("busy", l.device_cells()) + " " + right("link", l.extreme) + " " + right("state", l.extreme);
  line.add(text, TopStyle::heading);
  line.add(rest, TopStyle::faint);
  return line;
}

TopPageLine device_line(const TopItem& item, const Layout& l, bool selected, const TopView& view, const TopState& state) {
  TopPageLine line;
  add_section(line, "", selected);
  line.add(fitted(printable(item.id.device), kDeviceWidth) + (item.alert ? "!" : " "), selected     ? TopStyle::selected
                                                                                       : item.alert ? TopStyle::alert
                                                                                                    : TopStyle::plain);
  const auto now = [&](std::size_t i) {
    const TopRow* row = item.cells[i];
    return row == nullptr ? std::string() : compact(shown_of(*row, view, state).now, row->line->unit);
  };
  std::size_t used = kSectionWidth + kDeviceWidth + 1;
  for (std::size_t i = 0; i < kCellWidths.size(); ++i) {
    line.add(right(now(i), kCellWidths[i]), i == 0 ? TopStyle::strong : TopStyle::plain);
    used += kCellWidths[i];
  }
  line.add(std::string(l.device_left() - used, ' '));
  if (item.cells[0] != nullptr) {
    add_spark(line, *item.cells[0], shown_of(*item.cells[0], view, state), state, l.device_cells());
  } else {
    line.add(std::string(l.device_cells(), ' '));
  }
  line.add(" " + right(now(kDeviceCells.size() - 1), l.extreme));
  std::string held = printable(item.held);
  std::replace(held.begin(), held.end(), '_', ' ');
  if (held.size() > l.extreme) held.resize(l.extreme);
  line.add(" " + right(held, l.extreme), item.alert ? TopStyle::alert : TopStyle::plain);
  return line;
}

TopPageLine titles(const Layout& l, const TopView& view, const TopState& state) {
  TopPageLine line;
  const std::string now = state.time.live() ? "now" : "at cursor";
  line.add(right(now, l.left() - kGap) + std::string(kGap, ' ') + axis_text(state.time, view.now, l.cells) + " " +
               right("min", l.extreme) + " " + right("max", l.extreme),
           TopStyle::faint);
  return line;
}

}  // namespace

std::size_t overview_columns(std::size_t width) { return Layout::of(width).cells; }

void add_overview(const TopView& view, const TopState& state, TopPage& page) {
  const Layout l = Layout::of(state.width);
  const TopList list = top_list(view, state);
  page.left_out = list.left_out;
  page.timelines.push_back({l.left(), l.cells, 1});
  page.lines.push_back(titles(l, view, state));

  // A line of the list is an item, the devices' titles, or, with room to spare, an empty line between sections.
  enum class Kind : std::uint8_t { item, titles, blank };
  struct Line {
    Kind kind;
    std::size_t item;
  };
  const auto lines_of = [&](bool airy) {
    std::vector<Line> out;
    for (std::size_t i = 0; i < list.items.size(); ++i) {
      const TopItem& item = list.items[i];
      const bool begins =
          i == 0 || item.id.section != list.items[i - 1].id.section || item.is_device != list.items[i - 1].is_device;
      if (begins && i > 0 && airy) out.push_back({Kind::blank, i});
      if (begins && item.is_device) out.push_back({Kind::titles, i});
      out.push_back({Kind::item, i});
    }
    return out;
  };
  const std::size_t room = state.height - kFrameLines;
  std::vector<Line> lines = lines_of(true);
  if (lines.size() > room) lines = lines_of(false);

  for (const TopItem& item : list.items) {
    page.items.push_back(item.id);
    page.subjects.push_back(subject_of(*item.row));
  }
  if (state.selected) {
    const auto at = std::find(page.items.begin(), page.items.end(), *state.selected);
    if (at != page.items.end()) page.selected = static_cast<std::size_t>(at - page.items.begin());
  }
  if (!page.selected && !page.items.empty()) page.selected = 0;

  page.lines_all = lines.size();
  page.lines_shown = std::min(room, lines.size());
  page.first_line = std::min(state.first_line, lines.size() - page.lines_shown);
  if (page.selected) {
    const auto line =
        std::find_if(lines.begin(), lines.end(), [&](const Line& x) { return x.kind == Kind::item && x.item == *page.selected; });
    const auto at = static_cast<std::size_t>(line - lines.begin());
    // The first item brings what is above it.
    page.first_line = std::min(page.first_line, *page.selected == 0 ? 0 : at);
    if (at >= page.first_line + page.lines_shown) page.first_line = at + 1 - page.lines_shown;
  }
  page.of_line.assign(kHeaderLines, std::nullopt);
  for (std::size_t i = page.first_line; i < page.first_line + page.lines_shown; ++i) {
    const Line& x = lines[i];
    const TopItem& item = list.items[x.item];
    page.of_line.push_back(x.kind == Kind::item ? std::optional(x.item) : std::nullopt);
    const bool selected = page.selected == x.item;
    const bool begins = i == page.first_line || x.item == 0 || item.id.section != list.items[x.item - 1].id.section ||
                        list.items[x.item - 1].is_device;
    if (x.kind == Kind::blank) {
      page.lines.push_back({});
    } else if (x.kind == Kind::titles) {
      page.lines.push_back(device_titles(l));
    } else if (item.is_device) {
      page.lines.push_back(device_line(item, l, selected, view, state));
    } else {
      page.lines.push_back(row_line(item, l, begins, selected, view, state));
    }
  }
}

}  // namespace tacho::tools
