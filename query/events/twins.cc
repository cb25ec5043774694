#include "query/events/twins.h"

#include <algorithm>
#include <limits>
#include <map>
#include <tuple>

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
  std::vector<FoundEvent*> events;
  std::vector<double> left;
};
using Buckets = std::map<std::string, Bucket>;

// Those of the bucket that are at the event's time, give or take.
template <class Take>
void each_near(Bucket& bucket, const FoundEvent& e, Take take) {
  const auto end = std::upper_bound(bucket.events.begin(), bucket.events.end(), e.time + kTwinMs,
                                    [](TimeMs t, const FoundEvent* x) { return t < x->time; });
  // Episodes of one place follow each other, but for those of another rule: the last few that began before.
  std::size_t before = 0;
  for (auto i = end; i != bucket.events.begin() && before < 4;) {
    --i;
    const FoundEvent& better = **i;
    if (better.time < e.time - kTwinMs) ++before;
    const bool near =
        better.time >= e.time - kTwinMs || (better.is_episode && (better.ongoing || better.end >= e.time - kTwinMs));
    if (!near || better.dropped || better.rule->rank >= e.rule->rank || better.rule->severity < e.rule->severity) continue;
    take(better, bucket.left[static_cast<std::size_t>(i - bucket.events.begin())]);
  }
}

void drop_rank(Buckets& buckets, int rank) {
  for (auto& [place, bucket] : buckets) {
    bucket.left.clear();
    for (const FoundEvent* e : bucket.events)
      bucket.left.push_back(e->is_episode ? std::numeric_limits<double>::infinity() : e->count);
  }
  for (auto& [place, bucket] : buckets) {
    for (FoundEvent* e : bucket.events) {
      if (e->rule->rank != rank) continue;
      double told = 0;
      std::vector<double*> from;
      const auto take = [&](const FoundEvent&, double& left) {
        if (told >= e->count || left <= 0) return;
        told += left;
        from.push_back(&left);
      };
      for (auto& [other, better] : buckets) {
        if (other == place || other.empty() || place.empty()) each_near(better, *e, take);
      }
      if (told < e->count) continue;
      e->dropped = true;
      double rest = e->count;
      for (double* left : from) {
        const double used = std::min(rest, *left);
        *left -= used;
        rest -= used;
      }
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
    if (ranks[e.rule->kind] > 0) kinds[e.rule->kind][e.rule->kind == "oom" ? "" : place_of(e)].events.push_back(&e);
  }
  for (auto& [kind, buckets] : kinds) {
    for (auto& [place, bucket] : buckets)
      std::sort(bucket.events.begin(), bucket.events.end(), [](auto* a, auto* b) { return a->time < b->time; });
    for (int rank = 1; rank <= ranks[kind]; ++rank) drop_rank(buckets, rank);
  }
}

}  // namespace tacho::query
