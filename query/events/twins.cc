#include "query/events/twins.h"

#include <algorithm>
#include <map>

namespace tacho::query {
namespace {

std::string place_of(const FoundEvent& e) {
  const Labels& l = *e.labels;
  return l.has("pci_bus_id") ? std::string(l.get("pci_bus_id")) : event_device(l);
}

// Cgroups count what is killed in those inside of them. The innermost is told; an outer one where it counts more.
void drop_outer(std::span<FoundEvent> found) {
  std::map<std::pair<const EventRule*, TimeMs>, std::vector<FoundEvent*>> by_row;
  for (FoundEvent& e : found) {
    if (e.rule->metric == "container_oom_events_total") by_row[{e.rule, e.time}].push_back(&e);
  }
  const auto id = [](const FoundEvent* e) { return e->labels->get("id"); };
  for (auto& [row, events] : by_row) {
    std::sort(events.begin(), events.end(), [&](auto* a, auto* b) { return id(a).size() > id(b).size(); });
    for (std::size_t i = 0; i < events.size(); ++i) {
      double inside = 0;
      for (std::size_t k = 0; k < i; ++k) {
        const std::string outer = id(events[i]) == "/" ? "/" : std::string(id(events[i])) + "/";
        if (!events[k]->dropped && id(events[k]).starts_with(outer)) inside += events[k]->count;
      }
      events[i]->dropped = inside > 0 && inside >= events[i]->count;
    }
  }
}

// Events of one kind and place, by time; `left` of each: how many twins of the rank in hand it can still stand for.
struct Bucket {
  std::vector<FoundEvent*> points, episodes;
  std::vector<double> left;  // of the points; an episode stands for all that it covers
};
using Buckets = std::map<std::string, Bucket>;

bool is_better(const FoundEvent& better, const FoundEvent& e) {
  return !better.dropped && better.rule->rank < e.rule->rank && better.rule->severity >= e.rule->severity;
}

auto after(const std::vector<FoundEvent*>& events, TimeMs t) {
  return std::upper_bound(events.begin(), events.end(), t, [](TimeMs x, const FoundEvent* e) { return x < e->time; });
}

// Episodes of one rule and place follow each other: of those that began before, the last few.
constexpr std::ptrdiff_t kEpisodesLookedAt = 4;

bool is_covered(const Bucket& bucket, const FoundEvent& e) {
  const auto end = after(bucket.episodes, e.time + kTwinMs);
  const auto begin = end - std::min(kEpisodesLookedAt, end - bucket.episodes.begin());
  return std::any_of(begin, end,
                     [&](const FoundEvent* x) { return is_better(*x, e) && (x->ongoing || x->end >= e.time - kTwinMs); });
}

// What better points near the event can still stand for, up to its count.
double told_by(Bucket& bucket, const FoundEvent& e, std::vector<double*>& from) {
  double told = 0;
  for (auto i = after(bucket.points, e.time - kTwinMs - 1); i != after(bucket.points, e.time + kTwinMs); ++i) {
    double& left = bucket.left[static_cast<std::size_t>(i - bucket.points.begin())];
    if (!is_better(**i, e) || left <= 0) continue;
    told += left;
    from.push_back(&left);
  }
  return told;
}

// Whether twins of lower ranks tell it; of what they stand for it takes its count.
bool takes_from_twins(Buckets& buckets, const std::string& place, const FoundEvent& e) {
  double told = 0;
  std::vector<double*> from;
  for (auto& [other, bucket] : buckets) {
    if (other != place && !other.empty() && !place.empty()) continue;
    if (is_covered(bucket, e)) return true;
    told += told_by(bucket, e, from);
  }
  if (told < e.count) return false;
  double rest = e.count;
  for (double* left : from) {
    const double used = std::min(rest, *left);
    *left -= used;
    rest -= used;
  }
  return true;
}

void drop_rank(Buckets& buckets, int rank) {
  for (auto& [place, bucket] : buckets) {
    bucket.left.clear();
    for (const FoundEvent* e : bucket.points) bucket.left.push_back(e->count);
  }
  for (auto& [place, bucket] : buckets) {
    for (FoundEvent* e : bucket.points) {
      if (e->rule->rank == rank) e->dropped = takes_from_twins(buckets, place, *e);
    }
  }
}

}  // namespace

void drop_twins(std::span<FoundEvent> found) {
  drop_outer(found);
  std::map<std::string_view, Buckets> kinds;
  std::map<std::string_view, int> ranks;
  for (const FoundEvent& e : found) ranks[e.rule->kind] = std::max(ranks[e.rule->kind], e.rule->rank);
  for (FoundEvent& e : found) {
    if (ranks[e.rule->kind] == 0) continue;
    Bucket& bucket = kinds[e.rule->kind][e.rule->kind == "oom" ? "" : place_of(e)];
    (e.is_episode ? bucket.episodes : bucket.points).push_back(&e);
  }
  const auto by_time = [](const FoundEvent* a, const FoundEvent* b) { return a->time < b->time; };
  for (auto& [kind, buckets] : kinds) {
    for (auto& [place, bucket] : buckets) {
      std::sort(bucket.points.begin(), bucket.points.end(), by_time);
      std::sort(bucket.episodes.begin(), bucket.episodes.end(), by_time);
    }
    for (int rank = 1; rank <= ranks[kind]; ++rank) drop_rank(buckets, rank);
  }
}

}  // namespace tacho::query
