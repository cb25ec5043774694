#include "query/events/finder.h"

#include <algorithm>
#include <cmath>

#include "query/events/find_events.h"

namespace tacho::query {
namespace {

// Rules by metric.
const std::map<std::string, std::vector<const EventRule*>, std::less<>>& rules_of() {
  static const auto all = [] {
    std::map<std::string, std::vector<const EventRule*>, std::less<>> out;
    for (const EventRule& rule : event_rules()) out[std::string(rule.metric)].push_back(&rule);
    return out;
  }();
  return all;
}

// Rows may be missing at the end of what is held only because the newest are still on their way.
constexpr std::int64_t kLateRowsMs = 5'000;

}  // namespace

// A series' samples in the slice, with whose labels each has.
struct EventFinder::Rows {
  std::span<const TimeMs> times;
  std::span<const double> values;
  const Labels* labels = nullptr;
  std::span<const Labels* const> each;  // where they differ

  const Labels* labels_at(std::size_t i) const { return each.empty() ? labels : each[i]; }
};

// The stretches of a series as one.
class EventFinder::Stretches {
 public:
  explicit Stretches(const std::vector<const store::SeriesView*>& views) : first_(*views.front()) {
    if (views.size() == 1) return;
    // A pod that comes back has others' stretches between its own: by time.
    struct Point {
      TimeMs t;
      double v;
      const Labels* labels;
    };
    std::vector<Point> points;
    for (const store::SeriesView* view : views) {
      for (std::size_t i = 0; i < view->times.size(); ++i) points.push_back({view->times[i], view->values[i], &view->labels()});
    }
    std::stable_sort(points.begin(), points.end(), [](const Point& a, const Point& b) { return a.t < b.t; });
    for (const Point& p : points) {
      const bool is_second = !times_.empty() && times_.back() == p.t;
      if (is_second && (is_stale(p.v) || !is_stale(values_.back()))) continue;
      // The end of a stretch is no end of the series where another begins with that row.
      if (is_second) times_.pop_back(), values_.pop_back(), labels_.pop_back();
      times_.push_back(p.t);
      values_.push_back(p.v);
      labels_.push_back(p.labels);
    }
  }
  Rows rows() const {
    if (labels_.empty()) return {first_.times, first_.values, &first_.labels(), {}};
    return {times_, values_, labels_.front(), labels_};
  }

 private:
  const store::SeriesView& first_;
  std::vector<TimeMs> times_;
  std::vector<double> values_;
  std::vector<const Labels*> labels_;
};

store::Matcher EventFinder::matcher() {
  std::string any;
  for (const auto& [name, rules] : rules_of()) any += (any.empty() ? "" : "|") + name;
  return *store::Matcher::create(std::string(kMetricName), store::MatchOp::regex, any);
}

// The series' own labels.
std::string EventFinder::key_of(const Labels& labels) {
  std::string out;
  for (const Label& l : labels) {
    auto known = known_identity_.find(l.name);
    if (known == known_identity_.end())
      known = known_identity_.emplace(l.name, is_identity_ != nullptr && is_identity_(l.name)).first;
    if (!known->second) out.append(l.name).append(1, '\0').append(l.value).append(1, '\0');
  }
  return out;
}

void EventFinder::enter(const store::Selection& slice) {
  std::vector<Series*> seen;
  for (const store::SeriesView& view : slice.series) {
    const auto rules = rules_of().find(view.labels().metric_name());
    if (rules == rules_of().end() || view.times.empty()) continue;
    if (view.labels().has("pci_bus_id") && view.labels().has("accel") && !view.labels().has("partition"))
      cards_.try_emplace(std::string(view.labels().get("pci_bus_id")), event_device(view.labels()));
    Series& series = series_[key_of(view.labels())];
    if (series.tracks.empty()) {
      for (const EventRule* rule : rules->second) {
        if (rule->takes == nullptr || rule->takes(view.labels())) series.tracks.push_back({.rule = rule});
      }
    }
    if (series.tracks.empty()) continue;
    if (series.views.empty()) seen.push_back(&series);
    series.views.push_back(&view);
  }
  for (Series* series : seen) {
    const Stretches joined(series->views);
    for (Track& track : series->tracks) feed(track, joined.rows());
    series->views.clear();
  }
  // The slice's labels go with it.
  for (auto& [key, series] : series_) {
    for (Track& track : series.tracks) {
      if (track.labels != nullptr) track.labels = keep(*track.labels);
    }
  }
  kept_.clear();
}

void EventFinder::feed(Track& track, const Rows& rows) {
  switch (track.rule->detect) {
    case Detect::increase: return feed_counter(track, rows);
    case Detect::nonzero:
    case Detect::zero: return feed_episode(track, rows);
    case Detect::good_bad:
    case Detect::bad_good:
    case Detect::falls: return feed_change(track, rows);
    case Detect::no_rows: return feed_rows(track, rows);
  }
}

void EventFinder::feed_counter(Track& track, const Rows& rows) {
  for (std::size_t i = 0; i < rows.times.size(); ++i) {
    const double v = rows.values[i];
    if (std::isnan(v)) {
      if (is_stale(v)) track.has_last = false;
      continue;
    }
    const TimeMs t = rows.times[i];
    if (v > track.last_v && track.has_last && t - track.last_t <= kEventLeadMs)
      point(track, rows.labels_at(i), t, v - track.last_v);
    track.last_t = t;
    track.last_v = v;
    track.has_last = true;
  }
}

void EventFinder::feed_episode(Track& track, const Rows& rows) {
  const bool wants_zero = track.rule->detect == Detect::zero;
  for (std::size_t i = 0; i < rows.times.size(); ++i) {
    const double v = rows.values[i];
    const TimeMs t = rows.times[i];
    if (std::isnan(v)) {
      if (!is_stale(v)) continue;
      if (track.open) close(track, t, false);
      track.has_last = false;
      continue;
    }
    if (track.has_last && t - track.last_t > kEventLeadMs) {
      if (track.open) close(track, track.last_t, false);
      track.has_last = false;
    }
    const bool bad = wants_zero ? v == 0 : v != 0;
    if (bad && !track.open) {
      track.open = true;
      track.begin = t;
      track.began_earlier = !track.has_last;
      track.labels = rows.labels_at(i);
    } else if (!bad && track.open) {
      close(track, t, false);
    }
    track.last_t = t;
    track.has_last = true;
  }
}

void EventFinder::feed_change(Track& track, const Rows& rows) {
  const EventRule& rule = *track.rule;
  const auto is_event = [&rule](double before, double v) {
    if (rule.detect == Detect::falls) return v < before;
    return rule.detect == Detect::good_bad ? before >= rule.good && v < rule.good : before < rule.good && v >= rule.good;
  };
  for (std::size_t i = 0; i < rows.times.size(); ++i) {
    const double v = rows.values[i];
    if (std::isnan(v)) {
      if (is_stale(v)) track.has_last = false;
      continue;
    }
    const TimeMs t = rows.times[i];
    if (v != track.last_v && track.has_last && t - track.last_t <= kEventLeadMs && is_event(track.last_v, v))
      point(track, rows.labels_at(i), t, 1);
    track.last_t = t;
    track.last_v = v;
    track.has_last = true;
  }
}

// The middle of the newest steps before row i, since the agent started; of the first rows after a start that of the steps that follow. 0: there is none.
std::int64_t EventFinder::step_at(const Pace& pace, const Rows& rows, std::size_t i) {
  constexpr std::size_t kEnough = 3;
  std::array<std::int64_t, Pace::kSteps + kEnough> steps{};
  std::size_t count = std::min(pace.count, Pace::kSteps);
  std::copy_n(pace.steps.begin(), count, steps.begin());
  for (std::size_t k = i; count < kEnough && k + 1 < rows.times.size(); ++k) {
    if (is_stale(rows.values[k + 1])) break;
    if (rows.values[k + 1] < rows.values[k]) break;  // another start
    steps[count++] = rows.times[k + 1] - rows.times[k];
  }
  if (count == 0) return 0;
  const auto middle = steps.begin() + static_cast<std::ptrdiff_t>(count / 2);
  std::nth_element(steps.begin(), middle, steps.begin() + static_cast<std::ptrdiff_t>(count));
  return *middle;
}

void EventFinder::feed_rows(Track& track, const Rows& rows) {
  Pace& pace = track.pace;
  for (std::size_t i = 0; i < rows.times.size(); ++i) {
    if (is_stale(rows.values[i])) continue;
    const TimeMs t = rows.times[i];
    const std::int64_t apart = track.has_rows ? t - track.last_t : 0;
    const bool restarted = track.has_rows && rows.values[i] < track.last_v;
    // Up to a start that of the rows before it.
    const std::int64_t step = restarted ? pace.step : step_at(pace, rows, i);
    if (step > 0) pace.step = step;
    // A row that is late carries its own time, within its second: two steps are a row that is missing. From the first row after a start
    // to the next it may take as long as all sources need to begin.
    const std::int64_t allowed = std::max(2 * step, pace.began && !restarted ? kEventStartMs : 0);
    if (track.has_rows && step > 0 && apart >= allowed) {
      FoundEvent e{.rule = track.rule, .labels = keep(*rows.labels_at(i)), .time = track.last_t + step, .end = t};
      e.count = std::round(static_cast<double>(apart) / static_cast<double>(step)) - 1;
      e.is_episode = true;
      found_.push_back(e);
    } else if (!track.has_rows && t - read_.min > std::max(2 * step, kEventLeadMs) && held_.min < t - kEventLeadMs) {
      FoundEvent e{.rule = track.rule, .labels = keep(*rows.labels_at(i)), .time = read_.min, .end = t};
      e.is_episode = e.began_earlier = true;
      found_.push_back(e);
    }
    if (restarted) pace.count = 0;
    if (track.has_rows && !restarted && !pace.began) pace.steps[pace.count++ % Pace::kSteps] = apart;
    pace.began = restarted || !track.has_rows;
    track.last_t = t;
    track.last_v = rows.values[i];
    track.has_rows = true;
    track.labels = rows.labels_at(i);
  }
}

void EventFinder::finish() {
  for (auto& [key, series] : series_) {
    for (Track& track : series.tracks) {
      if (track.open) {
        const bool ongoing = read_.max - track.last_t <= kEventLeadMs;
        close(track, track.last_t, ongoing);
      }
      const Pace& pace = track.pace;
      if (track.rule->detect != Detect::no_rows || !track.has_rows || pace.step <= 0) continue;
      const std::int64_t missing = read_.max - track.last_t;
      // The step of a start that has had one row is not known yet.
      const std::int64_t late = pace.count == 0 ? kEventLeadMs : read_.max >= held_.max ? kLateRowsMs : 0;
      const std::int64_t allowed = std::max(2 * pace.step, late);
      if (missing < allowed) continue;
      track.open = true;
      track.began_earlier = false;
      track.begin = track.last_t + pace.step;
      close(track, 0, true);
    }
  }
}

void EventFinder::add_silence(const EventRule& rule, const Labels& labels, store::TimeRange read) {
  FoundEvent e{.rule = &rule, .labels = keep(labels), .time = read.min, .end = read.max};
  e.is_episode = e.began_earlier = e.ongoing = true;
  found_.push_back(e);
}

void EventFinder::point(const Track& track, const Labels* labels, TimeMs t, double count) {
  found_.push_back({.rule = track.rule, .labels = keep(*labels), .time = t, .end = t, .count = count});
}

void EventFinder::close(Track& track, TimeMs end, bool ongoing) {
  track.open = false;
  if (track.began_earlier && std::max(end, track.last_t) - track.begin < kEventStartMs) return;
  FoundEvent e{.rule = track.rule, .labels = keep(*track.labels), .time = track.begin, .end = end};
  e.is_episode = true;
  e.began_earlier = track.began_earlier;
  e.ongoing = ongoing;
  found_.push_back(e);
  if (track.rule->detect != Detect::no_rows) track.labels = nullptr;
}

const Labels* EventFinder::keep(const Labels& labels) {
  const auto known = kept_.find(&labels);
  if (known != kept_.end()) return known->second;
  labels_.push_back(labels);
  const Labels* const own = &labels_.back();
  kept_.emplace(&labels, own);
  return own;
}

std::string EventFinder::card_at(std::string_view pci_bus_id) const {
  const auto found = cards_.find(pci_bus_id);
  return found == cards_.end() ? "" : found->second;
}

}  // namespace tacho::query
