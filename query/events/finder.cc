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

void EventFinder::feed_rows(Track& track, const Rows& rows) {
  if (rows.times.size() > 1) {
    std::vector<std::int64_t> steps;
    for (std::size_t i = 1; i < rows.times.size(); ++i) steps.push_back(rows.times[i] - rows.times[i - 1]);
    const auto middle = steps.begin() + static_cast<std::ptrdiff_t>(steps.size() / 2);
    std::nth_element(steps.begin(), middle, steps.end());
    track.step = *middle;
  }
  for (std::size_t i = 0; i < rows.times.size(); ++i) {
    if (is_stale(rows.values[i])) continue;
    const TimeMs t = rows.times[i];
    // A row that is late carries its own time, within its second: two steps are a row that is missing.
    const std::int64_t missing = track.has_rows ? t - track.last_t : 0;
    if (track.step > 0 && missing >= 2 * track.step) {
      FoundEvent e{.rule = track.rule, .labels = keep(*rows.labels_at(i)), .time = track.last_t + track.step, .end = t};
      e.count = std::round(static_cast<double>(missing) / static_cast<double>(track.step)) - 1;
      e.is_episode = true;
      found_.push_back(e);
    } else if (!track.has_rows && t - read_.min > 2 * track.step && held_.min < t - kEventLeadMs) {
      FoundEvent e{.rule = track.rule, .labels = keep(*rows.labels_at(i)), .time = read_.min, .end = t};
      e.is_episode = e.began_earlier = true;
      found_.push_back(e);
    }
    track.last_t = t;
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
      if (track.rule->detect != Detect::no_rows || !track.has_rows || track.step <= 0) continue;
      const std::int64_t missing = read_.max - track.last_t;
      const std::int64_t allowed = read_.max >= held_.max ? std::max(2 * track.step, kLateRowsMs) : 2 * track.step;
      if (missing < allowed) continue;
      track.open = true;
      track.began_earlier = false;
      track.begin = track.last_t + track.step;
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
