#include "tools/top/fleet/page.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <tuple>

#include "proto/base/text_columns.h"
#include "tools/terminal/heat.h"
#include "tools/terminal/result_text.h"
#include "tools/terminal/sparkline.h"

namespace tacho::tools {
namespace {

constexpr std::size_t kFrameLines = 3;  // header, titles, footer
constexpr std::size_t kNameMin = 12, kNameMax = 32;
constexpr std::size_t kSparkMin = 20;  // columns, of three seconds each
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

using enum FleetMetric;

double sum_of(const FleetHistory& h, FleetMetric metric) {
  double sum = 0;
  for (const double v : h.of(metric)) sum += std::isnan(v) ? 0 : v;
  return sum;
}

bool has_errors(const FleetHistory& h) { return sum_of(h, errors) > 0 || sum_of(h, ecc) > 0; }

// Its newest second counts while it is not silent.
double now(const FleetNodeView& n, FleetMetric metric) {
  return n.history && n.asked && !n.is_silent() ? n.history->now(metric).value_or(kNone) : kNone;
}
bool is_more(double v, double than) { return !std::isnan(v) && v > than; }

// L1T2E: what is wrong with its devices, the worst first.
std::string marks_of(const FleetNodeView& n) {
  std::string out;
  const auto add = [&](char mark, double v) {
    if (is_more(v, 0)) out += std::string(1, mark) + (v < 10 ? fmt::format("{:.0f}", v) : "+");
  };
  add('L', now(n, lost));
  add('T', now(n, slowed));
  if (n.history && !n.is_silent() && has_errors(*n.history)) out += "E";
  return out;
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

struct Column {
  std::string_view title;
  std::size_t width;  // with the space before it
  int rank;           // those of a lower one are dropped last
  bool of_devices;
  FleetMetric metric;
};
constexpr Column kColumns[] = {{"n", 3, 2, true, devices}, {"busy", 7, 0, true, busy},   {"least", 7, 1, true, least},
                               {"most", 7, 7, true, most}, {"power", 7, 2, true, power}, {"hot", 5, 3, true, hottest},
                               {"cpu", 7, 0, false, cpu},  {"mem", 7, 4, false, memory}, {"in", 7, 5, false, in},
                               {"out", 7, 6, false, out}};
constexpr int kRankAfterNames = 3;
constexpr std::size_t kAgeWidth = 4, kMarksWidth = 7;

struct Spark {
  std::string_view title;
  FleetMetric metric;
};

struct Layout {
  std::size_t name = kNameMin;
  bool marks = false;
  std::vector<const Column*> columns;
  std::vector<Spark> sparks;
  std::size_t cells = kSparkMin;

  std::size_t per_cell() const { return kFleetSeconds / cells; }
};

Layout layout_of(const FleetView& view, std::size_t width) {
  Layout l;
  const bool any_devices = std::any_of(view.nodes.begin(), view.nodes.end(), [](const FleetNodeView& n) {
    return is_more(now(n, devices), 0) || is_more(now(n, busy), -1);
  });
  l.marks = any_devices;
  std::vector<const Column*> wanted;
  for (const Column& c : kColumns) {
    if (any_devices || !c.of_devices) wanted.push_back(&c);
  }
  std::stable_sort(wanted.begin(), wanted.end(), [](const Column* a, const Column* b) { return a->rank < b->rank; });
  std::size_t longest = kNameMin;
  for (const FleetNodeView& n : view.nodes) longest = std::max(longest, columns_of(n.title()));
  // What every row needs, then whole names, then the columns that are worth less than those.
  std::size_t used = 1 + kNameMin + kAgeWidth + (l.marks ? kMarksWidth - 1 : 0) + 1 + kSparkMin;
  const auto lengthen = [&] {
    const std::size_t more = std::min({width > used ? width - used : 0, longest - l.name, kNameMax - l.name});
    l.name += more;
    used += more;
  };
  for (const Column* c : wanted) {
    if (c->rank >= kRankAfterNames) lengthen();
    if (used + c->width > width) break;
    used += c->width;
    l.columns.push_back(c);
  }
  lengthen();
  std::sort(l.columns.begin(), l.columns.end());  // as the list has them
  const std::size_t room = (width > used ? width - used : 0) + kSparkMin + 1;
  const std::vector<Spark> all = any_devices ? std::vector<Spark>{{"busy", busy}, {"cpu", cpu}, {"net in", in}}
                                             : std::vector<Spark>{{"cpu", cpu}, {"net in", in}, {"net out", out}};
  // First each second a cell of its own, then more of them.
  std::size_t count = 1;
  for (const auto& [sparks, cells] : {std::pair{1, 30}, {1, 60}, {2, 30}, {2, 60}, {3, 60}}) {
    if (room < static_cast<std::size_t>(sparks * (cells + 1))) continue;
    count = static_cast<std::size_t>(sparks);
    l.cells = static_cast<std::size_t>(cells);
  }
  l.sparks.assign(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(count));
  return l;
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

std::string spark_text(const FleetView& view, const FleetNodeView& n, FleetMetric metric, double top, const Layout& l,
                       Charset charset) {
  std::vector<double> values(kFleetSeconds, kNone);
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

TopPageLine row_line(const FleetView& view, const FleetNodeView& n, const Layout& l, const FleetPageState& state, bool selected,
                     const std::vector<double>& tops) {
  TopPageLine line;
  const auto add = [&](std::string text, TopStyle style) { line.spans.push_back({std::move(text), style}); };
  add(selected ? ">" : " ", TopStyle::strong);
  add(padded(cut_middle(tacho::printable(n.title()), l.name), l.name), selected ? TopStyle::selected : TopStyle::plain);
  const std::string silence = silence_of(n);
  add(padded(fitting(age_text(n), kAgeWidth - 1), kAgeWidth, true), silence.empty() ? TopStyle::faint : TopStyle::alert);
  if (!silence.empty()) {
    const std::size_t room = state.width - std::min(state.width, 1 + l.name + kAgeWidth + 2);
    add("  " + cut_middle(tacho::printable(silence), room), n.asked ? TopStyle::alert : TopStyle::faint);
    return line;
  }
  bool marked = !l.marks;
  const auto add_marks = [&] {
    if (!marked) add(padded(" " + marks_of(n), kMarksWidth - 1), TopStyle::alert);
    marked = true;
  };
  for (const Column* c : l.columns) {
    if (!c->of_devices) add_marks();
    const bool is_strong = c->metric == busy || c->metric == cpu;
    add(padded(fitting(number(now(n, c->metric), c->metric), c->width - 1), c->width, true),
        is_strong ? TopStyle::strong : TopStyle::plain);
  }
  add_marks();
  for (std::size_t i = 0; i < l.sparks.size(); ++i) {
    add(" ", TopStyle::plain);
    add(spark_text(view, n, l.sparks[i].metric, tops[i], l, state.charset), TopStyle::spark);
  }
  return line;
}

TopPageLine titles(const Layout& l) {
  std::string text = " " + padded("node", l.name) + padded("age", kAgeWidth, true);
  bool marked = !l.marks;
  const auto add_marks = [&] {
    if (!marked) text += padded(" marks", kMarksWidth - 1);
    marked = true;
  };
  for (const Column* c : l.columns) {
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
  double n = 0, weighted = 0, watts = 0;
  for (const FleetNodeView& node : view.nodes) {
    const double d = now(node, devices), b = now(node, busy), p = now(node, power);
    if (is_more(p, 0)) watts += p;
    if (!is_more(d, 0)) continue;
    n += d;
    if (!std::isnan(b)) weighted += b * d;
  }
  if (n == 0) return "";
  std::string out = fmt::format("  {:.0f} devices, {} busy", n, format_full(weighted / n, TopUnit::ratio));
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
  add("                    E: an error, or uncorrected memory errors, in this minute");
  add("    sparkline       peaks; seconds of all nodes stand below each other");
  add("    worst first     silent, lost, errors, slowed, then the least busy device");
  return out;
}

}  // namespace

std::vector<std::size_t> fleet_order(const FleetView& view, FleetSort sort) {
  std::vector<std::size_t> order(view.nodes.size());
  std::iota(order.begin(), order.end(), 0);
  const auto by_name = [&](std::size_t a, std::size_t b) { return counts_before(view.nodes[a].title(), view.nodes[b].title()); };
  std::stable_sort(order.begin(), order.end(), by_name);
  if (sort == FleetSort::name) return order;
  const auto known = [&](std::size_t i, FleetMetric metric, double otherwise) {
    const double v = now(view.nodes[i], metric);
    return std::isnan(v) ? otherwise : v;
  };
  const auto key = [&](std::size_t i) {
    const FleetNodeView& n = view.nodes[i];
    using Key = std::tuple<int, double, int, double, double>;
    switch (sort) {
      case FleetSort::busy: return Key{0, -known(i, busy, -1), 0, -known(i, cpu, -1), 0};
      case FleetSort::power: return Key{0, -known(i, power, -1), 0, 0, 0};
      default: break;
    }
    const bool failed = n.history && has_errors(*n.history);
    return Key{n.is_silent() ? 0 : 1, -known(i, lost, 0), failed ? 0 : 1, -known(i, slowed, 0), known(i, least, 2)};
  };
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return key(a) < key(b); });
  return order;
}

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
  const std::size_t room = state.height - kFrameLines;
  page.rows_shown = std::min(room, page.order.size());
  const auto place =
      static_cast<std::size_t>(std::find(page.order.begin(), page.order.end(), state.selected) - page.order.begin());
  page.first_row = std::min(state.first_row, page.order.size() - page.rows_shown);
  if (place < page.order.size()) {
    page.first_row = std::min(page.first_row, place);
    if (place >= page.first_row + page.rows_shown) page.first_row = place + 1 - page.rows_shown;
  }
  const Layout l = layout_of(view, state.width);
  std::vector<double> tops;
  for (const Spark& s : l.sparks) tops.push_back(full_scale(view, s.metric));
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
