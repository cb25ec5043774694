#include "tools/top/model.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tacho::tools {
namespace {

constexpr std::int64_t kStepMs = 1000;
constexpr std::uint64_t kSlowFactsEvery = 60;  // refreshes between looks at what hardly changes: the interval, the node's name
constexpr std::uint64_t kExtentEvery = 5;

// The first whole second that is not before the sample: a sample of 5.3 s belongs to the second that ends at 6.
TimeMs second_of(TimeMs t) { return (t + kStepMs - 1) / kStepMs * kStepMs; }

// "gpu2" before "gpu10": runs of digits count as numbers.
bool natural_less(std::string_view a, std::string_view b) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto run = [&](std::string_view& s) {
    std::size_t n = 0;
    while (n < s.size() && digit(s[n])) ++n;
    std::string_view d = s.substr(0, n);
    s.remove_prefix(n);
    while (d.size() > 1 && d.front() == '0') d.remove_prefix(1);
    return d;
  };
  std::string_view x = a, y = b;
  while (!x.empty() && !y.empty()) {
    if (digit(x.front()) && digit(y.front())) {
      const std::string_view i = run(x), j = run(y);
      if (i != j) return i.size() != j.size() ? i.size() < j.size() : i < j;
    } else {
      if (x.front() != y.front()) return x.front() < y.front();
      x.remove_prefix(1);
      y.remove_prefix(1);
    }
  }
  return x.empty() != y.empty() ? x.empty() : a < b;
}

TopRow row_of(const TopLine& line, std::string device, const query::Points& points, TimeMs end) {
  TopRow row{.line = &line,
             .device = std::move(device),
             .values = std::vector<double>(kTopSeconds, std::numeric_limits<double>::quiet_NaN())};
  const TimeMs first = end - static_cast<TimeMs>(kTopSeconds - 1) * kStepMs;
  for (const Sample& s : points) {
    // 0/0 is no measurement, and an infinite rate none either.
    if (s.t < first || s.t > end || !std::isfinite(s.v)) continue;
    row.values[static_cast<std::size_t>((s.t - first) / kStepMs)] = s.v;
    row.min = row.min ? std::min(*row.min, s.v) : s.v;
    row.max = row.max ? std::max(*row.max, s.v) : s.v;
  }
  if (!std::isnan(row.values.back())) row.now = row.values.back();
  row.alert = row.now && *row.now > line.alert_above;
  return row;
}

// Devices that stand aside do so only for others of the same line.
void drop_aside(std::vector<TopRow>& rows) {
  const auto aside = [](const TopRow& r) { return !r.line->aside.empty() && r.device == r.line->aside; };
  if (std::all_of(rows.begin(), rows.end(), aside)) return;
  std::erase_if(rows, aside);
}

void sort_rows(std::vector<TopRow>& rows) {
  std::vector<std::string_view> sections;  // in the list's own order
  for (const TopLine& l : top_lines()) {
    if (std::find(sections.begin(), sections.end(), l.section) == sections.end()) sections.push_back(l.section);
  }
  const auto place = [&](const TopRow& r) {
    return std::find(sections.begin(), sections.end(), r.line->section) - sections.begin();
  };
  std::stable_sort(rows.begin(), rows.end(), [&](const TopRow& a, const TopRow& b) {
    if (place(a) != place(b)) return place(a) < place(b);
    const bool device_first = top_section_by_device(a.line->section);
    if (!device_first && a.line != b.line) return a.line < b.line;
    if (a.device != b.device) return natural_less(a.device, b.device);
    return a.line < b.line;
  });
}

}  // namespace

std::string TopRow::title() const { return device.empty() ? std::string(line->title) : device + " " + std::string(line->title); }

// The middle one of the distances between the samples of two minutes; a missed row does not move it.
void TopModel::find_interval(TimeMs at) {
  for (const char* probe : {"tacho_process_cpu_seconds_total[2m]", "node_load1[2m]"}) {
    const auto r = data_.instant(probe, at);
    if (!r || r->series.empty() || r->series.front().points.size() < 2) continue;
    const query::Points& p = r->series.front().points;
    std::vector<std::int64_t> distances;
    for (std::size_t i = 1; i < p.size(); ++i) distances.push_back(p[i].t - p[i - 1].t);
    const auto middle = distances.begin() + static_cast<std::ptrdiff_t>(distances.size() / 2);
    std::nth_element(distances.begin(), middle, distances.end());
    interval_ms_ = std::max<std::int64_t>(*middle, 1);
    return;
  }
}

void TopModel::find_node(TimeMs at) {
  const auto r = data_.instant("node_uname_info", at);
  if (r && !r->series.empty() && r->series.front().labels.has("nodename")) {
    node_ = r->series.front().labels.get("nodename");
    node_is_known_ = true;
  }
  if (node_.empty()) node_ = data_.fallback_name();
}

void TopModel::add_rows(const TopLine& line, const query::QueryResult& answer, TopView& view) {
  std::vector<TopRow> rows;
  for (const query::ResultSeries& s : answer.series) {
    const std::string device(line.device.empty() ? std::string_view() : s.labels.get(line.device));
    rows.push_back(row_of(line, device, s.points, view.end));
    if (line.device.empty()) break;  // several nodes in one server: the first; the page is one node's
  }
  std::erase_if(rows, [](const TopRow& r) { return !r.max && r.line->show != TopShow::always; });
  drop_aside(rows);
  if (rows.empty() && line.show == TopShow::always) rows.push_back(row_of(line, "", {}, view.end));
  for (TopRow& r : rows) view.rows.push_back(std::move(r));
}

TopModel::Speaker TopModel::speaker(const TopRow& row) {
  return {row.line->section, row.line->show == TopShow::if_busy ? std::string_view() : row.line->title, row.device};
}

void TopModel::hush(std::vector<TopRow>& rows) {
  const auto may_be_quiet = [](const TopRow& r) {
    return r.line->show == TopShow::if_nonzero || r.line->show == TopShow::if_busy;
  };
  for (const TopRow& r : rows) {
    if (may_be_quiet(r) && (*r.max != 0 || *r.min != 0)) spoken_.insert(speaker(r));
  }
  std::set<std::string_view> with_busy_device;
  for (const TopRow& r : rows) {
    if (r.line->show == TopShow::if_busy && spoken_.contains(speaker(r))) with_busy_device.insert(r.line->section);
  }
  for (TopRow& r : rows) {
    r.quiet = may_be_quiet(r) && !spoken_.contains(speaker(r));
    if (r.line->show == TopShow::if_busy && !with_busy_device.contains(r.line->section)) r.quiet = false;
  }
}

Result<TopView> TopModel::refresh() {
  const auto newest = data_.newest();
  if (!newest) return std::unexpected(newest.error());
  TopView view;
  view.newest = newest->sample;
  view.now = newest->now;
  view.end = second_of(newest->sample.value_or(newest->now));
  // Not known yet, as in an agent's first seconds: ask again each time.
  if (interval_ms_ == 0 || refreshes_ % kSlowFactsEvery == 0) find_interval(view.end);
  // An agent's first uname comes with its first full minute.
  if (refreshes_ % (node_is_known_ ? kSlowFactsEvery : kExtentEvery) == 0) find_node(view.end);
  if (!extent_ || refreshes_ % kExtentEvery == 0) extent_ = data_.extent();
  ++refreshes_;
  view.interval_ms = interval_ms_ == 0 ? kStepMs : interval_ms_;
  view.node = node_;
  view.extent = extent_;

  std::vector<std::string> exprs;
  for (const TopLine& l : top_lines()) exprs.push_back(top_expression(l, view.interval_ms));
  const auto answers = data_.ranges(exprs, {.start = view.end - static_cast<TimeMs>(kTopSeconds - 1) * kStepMs,
                                            .end = view.end,
                                            .step_ms = kStepMs,
                                            .reach_ms = top_reach_ms(view.interval_ms)});
  bool any = false;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (!answers[i]) {
      if (view.problem.empty()) view.problem = answers[i].error().message;
      add_rows(top_lines()[i], {}, view);
      continue;
    }
    any = true;
    add_rows(top_lines()[i], *answers[i], view);
  }
  if (!any && !answers.empty()) return std::unexpected(answers.front().error());
  hush(view.rows);
  sort_rows(view.rows);
  return view;
}

}  // namespace tacho::tools
