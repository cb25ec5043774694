#include "tools/top/page.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>

#include "proto/base/duration.h"

namespace tacho::tools {
namespace {

constexpr std::size_t kSectionWidth = 6;
constexpr std::size_t kTitleWidthMin = 16;
constexpr std::size_t kGap = 2;
constexpr std::size_t kFrameLines = 3;  // header, column titles, footer
constexpr std::int64_t kSilentMs = 3000;

std::size_t columns(std::string_view utf8) {
  return static_cast<std::size_t>(std::count_if(utf8.begin(), utf8.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

std::string printable(std::string_view s) {
  std::string out;
  for (char c : s) out += c >= 0x20 && c < 0x7f ? c : '?';
  return out;
}

// Cut where the middle is: a mount point's end and a disk's "written" both tell more than what lies between.
std::string fitted(const std::string& s, std::size_t width) {
  if (s.size() <= width) return s + std::string(width - s.size(), ' ');
  if (width < 5) return s.substr(0, width);
  const std::size_t tail = (width - 2) * 2 / 3;
  return s.substr(0, width - 2 - tail) + ".." + s.substr(s.size() - tail);
}

std::string right(const std::string& s, std::size_t width) {
  const std::size_t n = columns(s);
  return n >= width ? s : std::string(width - n, ' ') + s;
}

// How a width is shared out: the sparkline is a whole number of seconds a cell, first everything a little, then the full minute.
struct Columns {
  std::size_t title = kTitleWidthMin;
  std::size_t per_cell = 2;
  bool full_extremes = false;

  std::size_t cells() const { return kTopSeconds / per_cell; }
  std::size_t extreme() const { return full_extremes ? kFullWidth : kCompactWidth; }

  static Columns of(std::size_t width) {
    Columns c;
    const std::size_t fixed = kSectionWidth + 1 + kFullWidth + kGap;
    const auto rest = [&](std::size_t cells, std::size_t extreme) { return fixed + kTitleWidthMin + cells + 2 * (1 + extreme); };
    if (width >= rest(kTopSeconds, kCompactWidth)) c.per_cell = 1;
    if (width >= rest(kTopSeconds, kFullWidth)) c.full_extremes = true;
    const std::size_t used = rest(c.cells(), c.extreme());
    if (width > used) c.title = std::min<std::size_t>(kTitleWidthMin + (width - used), 32);
    return c;
  }
};

SparkScale scale_of(const TopRow& row) {
  if (!row.max) return {};
  SparkScale s{0, std::max(row.line->full, *row.max)};
  if (row.line->base == TopBase::minimum) s.low = std::min(*row.min, *row.max * 0.95);
  return s;
}

TopPageLine row_line(const TopRow& row, const Columns& c, bool names_section, TimeMs end, Charset charset) {
  const auto cell = [&](const std::optional<double>& v) { return v ? format_compact(*v, row.line->unit) : std::string(); };
  const auto wide = [&](const std::optional<double>& v) { return v ? format_full(*v, row.line->unit) : std::string(); };
  const auto extreme = [&](const std::optional<double>& v) {
    return " " + right(c.full_extremes ? wide(v) : cell(v), c.extreme());
  };
  const std::int64_t first = end / 1000 - static_cast<std::int64_t>(kTopSeconds) + 1;
  // A minute that begins in the middle of a cell has one cell too many; the oldest goes.
  std::string spark = sparkline(squeeze(row.values, first, c.per_cell, c.cells()), scale_of(row), charset);
  spark = right(spark, c.cells());

  TopPageLine l;
  l.spans.push_back({fitted(names_section ? std::string(row.line->section) : "", kSectionWidth), TopStyle::heading});
  l.spans.push_back(
      {fitted(printable(row.title()), c.title) + (row.alert ? "!" : " "), row.alert ? TopStyle::alert : TopStyle::plain});
  l.spans.push_back({right(wide(row.now), kFullWidth), row.alert ? TopStyle::alert : TopStyle::strong});
  l.spans.push_back({std::string(kGap, ' '), TopStyle::plain});
  l.spans.push_back({std::move(spark), TopStyle::spark});
  l.spans.push_back({extreme(row.min) + extreme(row.max), TopStyle::faint});
  return l;
}

TopPageLine column_titles(const Columns& c) {
  const std::string now = right("now", kSectionWidth + c.title + 1 + kFullWidth);
  std::string spark = c.per_cell == 1 ? "last 60 s" : fmt::format("last 60 s, peaks of {} s", c.per_cell);
  spark = fitted(spark, c.cells());
  return {{{now + std::string(kGap, ' ') + spark + " " + right("min", c.extreme()) + " " + right("max", c.extreme()),
            TopStyle::faint}}};
}

std::string clock_text(TimeMs t, TimeMs now) {
  const std::time_t s = t / 1000, today = now / 1000;
  std::tm at{}, then{};
  ::localtime_r(&s, &at);
  ::localtime_r(&today, &then);
  const bool same_day = at.tm_year == then.tm_year && at.tm_yday == then.tm_yday;
  char text[32];
  std::strftime(text, sizeof text, same_day ? "%H:%M:%S" : "%Y-%m-%d %H:%M:%S", &at);
  return text;
}

// What the reader must know before believing the numbers; the most important alone.
std::string status_of(const TopView& view, const TopPageState& state) {
  std::string out = state.paused ? "paused" : "";
  const auto add = [&](const std::string& s) { out += (out.empty() ? "" : ", ") + s; };
  if (!state.problem.empty()) {
    add("no answer");
  } else if (!view.newest) {
    add("no samples yet");
  } else if (const std::int64_t age = view.now - *view.newest; age > std::max(kSilentMs, 3 * view.interval_ms)) {
    add(fmt::format("agent not running: last sample {} old",
                    age < 60'000 ? fmt::format("{} s", age / 1000) : format_span(static_cast<double>(age) / 1000)));
  }
  return out;
}

TopPageLine header(const TopView& view, const TopPageState& state) {
  const std::string status = status_of(view, state);
  std::string left = " " + printable(view.node);
  // Node and time always; the rest where the status leaves room.
  const std::string time = view.newest ? "  " + clock_text(*view.newest, view.now) : "";
  const std::size_t room = state.width - std::min(state.width, columns(status) + 2);
  if (left.size() + time.size() > room && room > time.size() + 4) left = left.substr(0, room - time.size() - 2) + "..";
  left += time;
  const auto add = [&](const std::string& s) {
    if (left.size() + 2 + s.size() <= room) left += "  " + s;
  };
  if (view.extent) add(fmt::format("{} series", view.extent->series));
  if (view.extent) add("window " + format_span(static_cast<double>(view.extent->window_ms) / 1000));
  if (view.interval_ms != 1000) add("every " + format_duration(view.interval_ms));
  if (left.size() > room) left.resize(room);
  std::string space(room - left.size(), ' ');
  return {{{left + space, TopStyle::bar}, {" " + status + " ", TopStyle::bar}}};
}

TopPageLine footer(const TopView& view, const TopPageState& state, const TopPage& page, std::size_t quiet) {
  std::string where = page.rows_shown < page.rows
                          ? fmt::format("lines {}-{} of {}", page.first_row + 1, page.first_row + page.rows_shown, page.rows)
                          : fmt::format("{} lines", page.rows);
  if (quiet > 0 && !state.all_rows) where += fmt::format(", {} quiet", quiet);
  std::string keys = state.help ? " any key: back"
                                : fmt::format(" q quit  space {}  ? help{}  ", state.paused ? "go on" : "pause",
                                              page.rows_shown < page.rows ? "  up/down scroll" : "");
  const std::string& problem = state.problem.empty() ? view.problem : state.problem;
  if (!problem.empty()) {
    keys = " " + printable(problem);
    if (keys.size() > state.width) keys.resize(state.width);
    return {{{keys, TopStyle::alert}}};
  }
  const std::size_t used = keys.size() + where.size() + 1;
  const std::string space(state.width > used ? state.width - used : 0, ' ');
  return {{{keys + space + where, TopStyle::faint}}};
}

std::vector<TopPageLine> help_lines(Charset charset) {
  const std::string example = sparkline(std::vector<double>{0, 0.1, 0.3, 0.45, 0.6, 0.75, 0.9, 1}, {0, 1}, charset);
  std::vector<TopPageLine> out;
  const auto add = [&](std::string text, TopStyle style = TopStyle::plain) { out.push_back({{{std::move(text), style}}}); };
  add("");
  add("  keys", TopStyle::heading);
  add("    q                quit");
  add("    space, p         pause, go on");
  add("    up, down         scroll by a line");
  add("    PgUp, PgDn       scroll by a page; Home, End");
  add("    z                show the quiet lines too: those that have been 0 all along");
  add("    u                blocks or ASCII, if the terminal does not show them well");
  add("    ?                this page");
  add("");
  add("  a line", TopStyle::heading);
  add("    now              the newest second's value; empty: that second has none");
  add("    " + example + "         the last 60 s, the newest at the right; a space: no value");
  add("    min, max         the lowest and the highest second of that minute");
  add("    !                more than is healthy");
  add("    %                drawn from 0 to 100; other lines up to the minute's maximum");
  add("    wait             share of the time in which some task waited (pressure)");
  add("");
  add("  Every value is one second's, and none is made up. To ask for more: tacho query");
  return out;
}

// Rows with their place; with room to spare, an empty line between sections.
std::vector<TopPageLine> list_lines(const std::vector<const TopRow*>& rows, const TopView& view, const TopPageState& state,
                                    TopPage& page) {
  const Columns c = Columns::of(state.width);
  const std::size_t room = state.height - kFrameLines;
  page.rows = rows.size();
  page.rows_shown = std::min(room, rows.size());
  page.first_row = std::min(state.first_row, rows.size() - page.rows_shown);
  std::size_t breaks = 0;
  for (std::size_t i = 1; i < rows.size(); ++i) breaks += rows[i]->line->section != rows[i - 1]->line->section;
  const bool airy = rows.size() + breaks <= room;

  std::vector<TopPageLine> out;
  for (std::size_t i = page.first_row; i < page.first_row + page.rows_shown; ++i) {
    const bool begins = i == page.first_row || rows[i]->line->section != rows[i - 1]->line->section;
    if (airy && begins && i > 0) out.push_back({});
    out.push_back(row_line(*rows[i], c, begins, view.end, state.charset));
  }
  return out;
}

TopPage too_small(const TopPageState& state) {
  TopPage page;
  const std::string text =
      fmt::format("tacho top needs {}x{}; here: {}x{}", kPageWidthMin, kPageHeightMin, state.width, state.height);
  page.lines.push_back({{{text.substr(0, state.width), TopStyle::plain}}});
  page.lines.resize(std::max<std::size_t>(state.height, 1));
  return page;
}

}  // namespace

std::string TopPageLine::text() const {
  std::string out;
  for (const TopSpan& s : spans) out += s.text;
  return out;
}

TopPage top_page(const TopView& view, const TopPageState& state) {
  if (state.width < kPageWidthMin || state.height < kPageHeightMin) return too_small(state);
  std::vector<const TopRow*> rows;
  std::size_t quiet = 0;
  for (const TopRow& r : view.rows) {
    quiet += r.quiet;
    if (state.all_rows || !r.quiet) rows.push_back(&r);
  }
  TopPage page;
  std::vector<TopPageLine> list = list_lines(rows, view, state, page);
  page.lines.push_back(header(view, state));
  page.lines.push_back(state.help ? TopPageLine{} : column_titles(Columns::of(state.width)));
  if (state.help) list = help_lines(state.charset);
  list.resize(state.height - kFrameLines);
  for (TopPageLine& l : list) page.lines.push_back(std::move(l));
  page.lines.push_back(footer(view, state, page, quiet));
  return page;
}

}  // namespace tacho::tools
