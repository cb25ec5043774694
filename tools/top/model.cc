#include "tools/top/model.h"

#include <algorithm>
#include <cmath>

#include "query/jobs/job_owner.h"

namespace tacho::tools {
namespace {

constexpr std::uint64_t kSlowFactsEvery = 60;  // refreshes between looks at what hardly changes: the interval, the node's name
constexpr std::uint64_t kExtentEvery = 5;
constexpr std::int64_t kEventsEveryMs = 15'000;
constexpr std::size_t kEventsMax = 1000;
// Of a server that does not say how much it holds.
constexpr std::int64_t kUnknownWindowMs = 86'400'000;

std::string curve_name(const TopCurve& curve, const Labels& labels) {
  return std::string(curve.by.empty() ? curve.name : labels.get(curve.by));
}

bool has_value(const std::vector<double>& values) {
  return std::any_of(values.begin(), values.end(), [](double v) { return !std::isnan(v); });
}

}  // namespace

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

TopModel::Columns TopModel::ask_columns(const std::vector<std::string>& exprs, TopView& view) {
  Columns out;
  const std::int64_t reach = top_reach_ms(view.interval_ms);
  const TimeMs newest = view.newest.value_or(view.now);
  // Who has just let a question time out is not asked two more.
  auto found = cache_.get(exprs, view.grid, reach, newest, answered_);
  if (view.problem.empty()) view.problem = found.problem;
  answered_ = answered_ && found.whole;
  out.answers = std::move(found.answers);
  if (view.grid.step_ms != kSecondMs) {
    auto now = cache_.get(exprs, {view.time.cursor(), kSecondMs, 1}, reach, newest, answered_);
    if (view.problem.empty()) view.problem = now.problem;
    out.now = std::move(now.answers);
  }
  return out;
}

void TopModel::fill_overview(TopView& view) {
  std::vector<std::string> exprs;
  for (const TopLine& l : top_lines()) exprs.push_back(top_expression(l, view.interval_ms));
  const Columns c = ask_columns(exprs, view);
  view.rows = rows_.make(c.answers, c.now, view.grid, view.time.cursor());
}

void TopModel::fill_detail(TopView& view) {
  const auto charts = top_charts(view.subject.section);
  std::vector<std::string> exprs;
  for (const TopChart* chart : charts) {
    for (const TopCurve& c : chart->curves) {
      if (!c.expr.empty()) exprs.push_back(filled_expression(c.expr, view.interval_ms, view.subject.labels));
    }
  }
  const Columns found = ask_columns(exprs, view);
  std::size_t at = 0;
  for (const TopChart* chart : charts) {
    TopChartView one{chart, {}};
    for (const TopCurve& c : chart->curves) {
      if (c.expr.empty()) continue;
      for (const TopSeries& s : found.answers[at]) {
        if (!has_value(s.high)) continue;
        TopCurveView curve{curve_name(c, s.labels), s.high, s.low, std::nullopt};
        double now = std::nan("");
        if (found.now.empty()) {
          if (const auto column = view.grid.index_of(view.time.cursor())) now = s.high[*column];
        } else {
          for (const TopSeries& n : found.now[at]) {
            if (n.labels == s.labels) now = n.high[0];
          }
        }
        if (!std::isnan(now)) curve.now = now;
        one.curves.push_back(std::move(curve));
      }
      ++at;
    }
    std::stable_sort(one.curves.begin(), one.curves.end(), [&](const TopCurveView& a, const TopCurveView& b) {
      return !chart->curves[0].by.empty() && natural_less(a.name, b.name);
    });
    if (!one.curves.empty()) view.detail.charts.push_back(std::move(one));
  }
  fill_facts(view);
}

void TopModel::fill_facts(TopView& view) {
  const TimeMs cursor = view.time.cursor();
  const bool same = facts_.subject == view.subject && (facts_.cursor == cursor || view.time.live());
  if (answered_ && (!same || refreshes_ >= facts_.asked + kExtentEvery)) {
    const auto facts = top_facts(view.subject.section);
    std::vector<std::string> exprs;
    for (const TopFact* f : facts) exprs.push_back(filled_expression(f->expr, view.interval_ms, view.subject.labels));
    const auto answers = data_.columns(exprs, {cursor, kSecondMs, 1}, top_fact_reach_ms(view.interval_ms));
    std::vector<TopFactView> out;
    for (std::size_t i = 0; i < answers.size(); ++i) {
      if (!answers[i]) continue;
      for (const TopSeries& s : *answers[i]) {
        if (std::isnan(s.high[0])) continue;
        if (facts[i]->title.empty()) {
          for (const Label& l : s.labels) {
            const bool known = l.name == kMetricName || view.subject.labels.get(l.name) == l.value;
            const bool told = std::any_of(out.begin(), out.end(), [&](const TopFactView& f) { return f.name == l.name; });
            if (!known && !told) out.push_back({l.name, l.value});
          }
        } else {
          const std::string by = facts[i]->by.empty() ? "" : " " + std::string(s.labels.get(facts[i]->by));
          out.push_back({std::string(facts[i]->title) + by, format_full(s.high[0], facts[i]->unit)});
        }
      }
    }
    facts_.facts = std::move(out);
    facts_.asked = refreshes_;
    facts_.cursor = cursor;
    if (view.subject.section == "job" && (facts_.subject != view.subject || facts_.report.empty())) {
      const auto report =
          data_.job_text(query::owner_of(view.subject.labels).text(), view.oldest, view.newest.value_or(view.now));
      facts_.report = report ? *report : report.error().message + "\n";
    }
    if (view.subject.section != "job") facts_.report.clear();
    facts_.subject = view.subject;
  }
  if (facts_.subject != view.subject) return;
  view.detail.facts = facts_.facts;
  view.detail.report = facts_.report;
}

bool TopModel::events_due(MonoNs now) const {
  if (!shown_ || !answered_) return false;
  if (!events_asked_) return true;
  return now - *events_asked_ >= kEventsEveryMs * kNsPerMs && (last_ != events_until_ || !events_.problem.empty());
}

const TopEvents& TopModel::ask_events(MonoNs now) {
  events_asked_ = now;
  // The whole window: an episode that went on when it was last asked may have ended.
  auto found = data_.events(oldest_, last_, kEventsMax);
  events_.problem = found ? "" : found.error().message;
  events_until_ = last_;
  if (found || events_.list == nullptr)
    events_.list = std::make_shared<const std::vector<query::Event>>(found ? std::move(*found) : std::vector<query::Event>());
  return events_;
}

Result<TopView> TopModel::refresh(const TopAsk& ask) {
  answered_ = true;
  TopView view;
  const bool known = ask.hurried && newest_.has_value();
  const auto newest = known ? Result<TopData::Newest>(*newest_) : data_.newest();
  if (newest) {
    newest_ = *newest;
  } else if (newest_) {
    view.problem = newest.error().message;
    answered_ = false;
  } else {
    return std::unexpected(newest.error());
  }
  view.newest = newest_->sample;
  view.now = newest_->now;
  const TimeMs last = last_ = newest_->sample.value_or(newest_->now);
  if (answered_ && !known) {
    // Not known yet, as in an agent's first seconds: ask again each time.
    if (interval_ms_ == 0 || refreshes_ % kSlowFactsEvery == 0) find_interval(last);
    // An agent's first uname comes with its first full minute.
    if (refreshes_ % (node_is_known_ ? kSlowFactsEvery : kExtentEvery) == 0) find_node(last);
    if (!extent_ || refreshes_ % kExtentEvery == 0) extent_ = data_.extent();
    ++refreshes_;
  }
  view.interval_ms = interval_ms_ == 0 ? kSecondMs : interval_ms_;
  view.node = node_;
  view.extent = extent_;
  view.oldest = oldest_ = last - (extent_ ? extent_->window_ms : kUnknownWindowMs);

  view.subject = ask.subject;
  view.time = ask.time;
  view.time.set_reach(view.oldest, last);
  view.grid = view.time.grid();
  if (ask.subject.is_overview()) {
    fill_overview(view);
  } else {
    fill_detail(view);
  }
  const bool empty = std::none_of(view.rows.begin(), view.rows.end(), [](const TopRow& r) { return r.max.has_value(); });
  if (!answered_ && !shown_ && empty && view.detail.charts.empty()) return failure("{}", view.problem);
  shown_ = true;
  view.answered = answered_;
  return view;
}

}  // namespace tacho::tools
