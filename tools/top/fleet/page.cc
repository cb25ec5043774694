#include "tools/top/fleet/page.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <tuple>

#include "proto/base/text_columns.h"
#include "tools/terminal/result_text.h"
#include "tools/terminal/sparkline.h"
#include "tools/top/fleet/layout.h"

namespace tacho::tools {
namespace {

constexpr std::size_t kFleetFrameLines = 3;  // header, titles, footer

using enum FleetMetric;

// L1T2E: what is wrong with its devices, the worst first. LUTE, where there is no room for how many.
std::string marks_of(const FleetNodeView& n) {
  std::string out, letters;
  const auto add = [&](char mark, double v) {
    if (!fleet_is_more(v, 0)) return;
    out += std::string(1, mark) + (v < 10 ? fmt::format("{:.0f}", v) : "+");
    letters += mark;
  };
  add('L', fleet_now(n, lost));
  add('U', fleet_now(n, unfit));
  add('T', fleet_now(n, slowed));
  const char* const errors_seen = !n.is_silent() && fleet_has_errors(n) ? "E" : "";
  out += errors_seen;
  return out.size() < kFleetMarksWidth ? out : letters + errors_seen;
}

// What has no room says so, and does not push the rest aside.
std::string fitting(std::string text, std::size_t width) {
  return text.size() <= width ? text : std::string(std::min<std::size_t>(2, width), '+');
}

std::string number(double v, FleetMetric metric) {
  if (std::isnan(v)) return "";
  if (metric == devices) return fmt::format("{:.0f}", v);
  if (metric != power) return format_compact(v, fleet_unit(metric));
  const std::string w = format_compact(v, TopUnit::count);  // 4.87kW: of a node's sum the thousands are many
  return w + "W";
}

// The highest of all nodes, so that their sparklines can be compared.
double full_scale(const FleetView& view, FleetMetric metric) {
  double top = fleet_unit(metric) == TopUnit::ratio ? 1 : 0;
  for (const FleetNodeView& n : view.nodes) {
    if (!n.history) continue;
    for (const double v : n.history->of(metric)) {
      if (v > top) top = v;
    }
  }
  return top;
}

std::string spark_text(const FleetView& view, const FleetNodeView& n, FleetMetric metric, double top, const FleetLayout& l,
                       Charset charset) {
  std::vector<double> values(kFleetSeconds, std::nan(""));
  if (n.history && n.history->end <= view.end) {
    const auto late = static_cast<std::size_t>((view.end - n.history->end) / 1000);
    for (std::size_t i = late; i < kFleetSeconds; ++i) values[i - late] = n.history->of(metric)[i];
  }
  const std::int64_t first = view.end / 1000 - static_cast<std::int64_t>(kFleetSeconds) + 1;
  return padded(sparkline(squeeze(values, first, l.per_cell(), l.cells), {0, top}, charset), l.cells, true);
}

std::string age_text(const FleetNodeView& n) {
  if (!n.age_ms) return "-";
  const std::int64_t s = *n.age_ms / 1000;
  for (const auto& [seconds, unit] : {std::pair{86'400, 'd'}, {3600, 'h'}, {60, 'm'}}) {
    if (s >= 2 * seconds) return fmt::format("{}{}", s / seconds, unit);
  }
  return fmt::format("{}s", s);
}

// Without the request: the row has said who was asked.
std::string why(const std::string& problem) {
  const bool has_request = problem.starts_with("POST ") || problem.starts_with("GET ");
  const std::size_t end = has_request ? problem.find(": ") : std::string::npos;
  return end == std::string::npos ? problem : problem.substr(end + 2);
}

// What stands instead of values.
std::string silence_of(const FleetNodeView& n) {
  if (!n.asked) return "asking ...";
  if (!n.is_silent()) return "";
  if (!n.problem.empty()) return "silent: " + why(n.problem);
  return n.age_ms ? "silent: it answers, and has no newer sample"
                  : "silent: it answers, and has no sample of the last five minutes";
}

TopPageLine row_line(const FleetView& view, const FleetNodeView& n, const FleetLayout& l, const FleetPageState& state,
                     bool selected, const std::vector<double>& tops) {
  TopPageLine line;
  const auto add = [&](std::string text, TopStyle style) { line.spans.push_back({std::move(text), style}); };
  add(selected ? ">" : " ", TopStyle::strong);
  add(padded(cut_middle(tacho::printable(n.title()), l.name), l.name), selected ? TopStyle::selected : TopStyle::plain);
  const std::string silence = silence_of(n);
  add(padded(fitting(age_text(n), kFleetAgeWidth - 1), kFleetAgeWidth, true),
      silence.empty() ? TopStyle::faint : TopStyle::alert);
  if (!silence.empty()) {
    const std::size_t room = state.width - std::min(state.width, 1 + l.name + kFleetAgeWidth + 2);
    add("  " + cut_middle(tacho::printable(silence), room), n.asked ? TopStyle::alert : TopStyle::faint);
    return line;
  }
  bool marked = !l.marks;
  const auto add_marks = [&] {
    if (!marked) add(padded(" " + marks_of(n), kFleetMarksWidth), TopStyle::alert);
    marked = true;
  };
  for (const FleetColumn* c : l.columns) {
    if (!c->of_devices) add_marks();
    const bool is_strong = c->metric == busy || c->metric == cpu;
    add(padded(fitting(number(fleet_now(n, c->metric), c->metric), c->width - 1), c->width, true),
        is_strong ? TopStyle::strong : TopStyle::plain);
  }
  add_marks();
  for (std::size_t i = 0; i < l.sparks.size(); ++i) {
    add(" ", TopStyle::plain);
    add(spark_text(view, n, l.sparks[i].metric, tops[i], l, state.charset), TopStyle::spark);
  }
  return line;
}

TopPageLine titles(const FleetLayout& l) {
  std::string text = " " + padded("node", l.name) + padded("age", kFleetAgeWidth, true);
  bool marked = !l.marks;
  const auto add_marks = [&] {
    if (!marked) text += padded(" marks", kFleetMarksWidth);
    marked = true;
  };
  for (const FleetColumn* c : l.columns) {
    if (!c->of_devices) add_marks();
    text += padded(c->title, c->width, true);
  }
  add_marks();
  for (std::size_t i = 0; i < l.sparks.size(); ++i) {
    std::string what = fmt::format("{}, last 60 s", l.sparks[i].title);
    if (l.per_cell() > 1 && l.cells >= 30) what += fmt::format(", {} s each", l.per_cell());
    text += " " + padded(cut_middle(what, l.cells), l.cells);
  }
  return {{{text, TopStyle::faint}}};
}

// All of the nodes together, as far as they answer.
std::string totals(const FleetView& view) {
  double n = 0, rated = 0, weighted = 0, watts = 0;
  for (const FleetNodeView& node : view.nodes) {
    const double d = fleet_now(node, devices), b = fleet_now(node, busy), p = fleet_now(node, power);
    if (fleet_is_more(p, 0)) watts += p;
    if (!fleet_is_more(d, 0)) continue;
    n += d;
    if (std::isnan(b)) continue;
    rated += d;
    weighted += b * d;
  }
  if (n == 0) return "";
  std::string out = fmt::format("  {:.0f} device{}", n, n == 1 ? "" : "s");
  if (rated > 0) out += fmt::format(", {} busy", format_full(weighted / rated, TopUnit::ratio));
  return watts > 0 ? out + fmt::format(", {}", number(watts, power)) : out;
}

TopPageLine header(const FleetView& view, const FleetPageState& state) {
  const auto silent = std::count_if(view.nodes.begin(), view.nodes.end(), [](const FleetNodeView& n) { return n.is_silent(); });
  const std::string status = silent > 0 ? fmt::format(" {} silent ", silent) : "";
  std::string left = fmt::format(" {} node{}", view.nodes.size(), view.nodes.size() == 1 ? "" : "s");
  if (view.end > 0) left += "  " + clock_text(view.end, false);
  if (const std::string all = totals(view); left.size() + all.size() + status.size() <= state.width) left += all;
  left.resize(state.width - std::min(state.width, status.size()), ' ');
  return {{{left, TopStyle::bar}, {status, TopStyle::bar_alert}}};
}

std::string_view sort_name(FleetSort sort) {
  switch (sort) {
    case FleetSort::name: return "name";
    case FleetSort::busy: return "busy";
    case FleetSort::power: return "power";
    case FleetSort::worst: return "worst first";
  }
  return "";
}

TopPageLine footer(const FleetPageState& state, const FleetPage& page) {
  std::string keys =
      state.help ? " any key: back" : fmt::format(" q quit  enter: the node's page  s sort: {}  ? help", sort_name(state.sort));
  const std::string where = page.rows_shown < page.order.size() ? fmt::format("nodes {}-{} of {} ", page.first_row + 1,
                                                                              page.first_row + page.rows_shown, page.order.size())
                                                                : "";
  if (!state.message.empty() && !state.help)
    return {{{cut_middle(" " + tacho::printable(state.message), state.width), TopStyle::alert}}};
  if (keys.size() + where.size() < state.width) keys.resize(state.width - where.size(), ' ');
  return {{{cut_middle(keys + where, state.width), TopStyle::faint}}};
}

std::vector<TopPageLine> help_lines() {
  std::vector<TopPageLine> out;
  const auto add = [&](std::string text, TopStyle style = TopStyle::plain) { out.push_back({{{std::move(text), style}}}); };
  add("");
  add("  keys", TopStyle::heading);
  add("    up, down, PgUp, PgDn, Home, End    choose a node");
  add("    enter                              its own page; Esc comes back");
  add("    s; n, b, p, w                      sort: by name, busy, power, worst first");
  add("    u                                  blocks or ASCII");
  add("    q                                  quit");
  add("");
  add("  a line", TopStyle::heading);
  add("    age             of the node's newest sample, by its own clock");
  add("    busy            mean of its accelerators; least, most: of one of them");
  add("    marks           L1: a device does not answer   T2: two are slowed down");
  add("                    U1: it calls itself unfit      LUTE: no room for numbers");
  add("                    E: an error, or uncorrected memory errors, in this minute");
  add("    sparkline       peaks; seconds of all nodes stand below each other");
  add("    worst first     silent, lost, unfit, errors, slowed, then the least busy");
  return out;
}

}  // namespace

FleetPage fleet_page(const FleetView& view, const FleetPageState& state) {
  FleetPage page;
  page.order = fleet_order(view, state.sort);
  if (state.width < kPageWidthMin || state.height < kPageHeightMin) {
    const std::string text =
        fmt::format("tacho top needs {}x{}; here: {}x{}", kPageWidthMin, kPageHeightMin, state.width, state.height);
    page.lines.push_back({{{text.substr(0, state.width), TopStyle::plain}}});
    page.lines.resize(std::max<std::size_t>(state.height, 1));
    return page;
  }
  const std::size_t room = state.height - kFleetFrameLines;
  page.rows_shown = std::min(room, page.order.size());
  const auto place =
      static_cast<std::size_t>(std::find(page.order.begin(), page.order.end(), state.selected) - page.order.begin());
  page.first_row = std::min(state.first_row, page.order.size() - page.rows_shown);
  if (place < page.order.size()) {
    page.first_row = std::min(page.first_row, place);
    if (place >= page.first_row + page.rows_shown) page.first_row = place + 1 - page.rows_shown;
  }
  const FleetLayout l = fleet_layout(view, state.width);
  std::vector<double> tops;
  for (const FleetSpark& s : l.sparks) tops.push_back(full_scale(view, s.metric));
  page.lines.push_back(header(view, state));
  page.lines.push_back(state.help ? TopPageLine{} : titles(l));
  if (state.help) {
    for (TopPageLine& line : help_lines()) page.lines.push_back(std::move(line));
  } else {
    for (std::size_t i = page.first_row; i < page.first_row + page.rows_shown; ++i)
      page.lines.push_back(row_line(view, view.nodes[page.order[i]], l, state, page.order[i] == state.selected, tops));
  }
  page.lines.resize(state.height - 1);
  page.lines.push_back(footer(state, page));
  return page;
}

}  // namespace tacho::tools
