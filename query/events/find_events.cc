#include "query/events/find_events.h"

#include <algorithm>

#include "proto/base/clock.h"
#include "query/events/finder.h"
#include "query/events/sentence.h"
#include "query/events/twins.h"

namespace tacho::query {
namespace {

constexpr std::int64_t kSliceMs = 3'600'000, kShortestSliceMs = 60'000;

// Whether any of it is in the range; what is outside of it is cut off.
bool cut(FoundEvent& e, store::TimeRange range) {
  if (!e.is_episode) return e.time >= range.min && e.time <= range.max;
  if (e.time > range.max || (!e.ongoing && e.end < range.min)) return false;
  if (e.time < range.min) {
    e.time = range.min;
    e.began_earlier = true;
  }
  if (!e.ongoing && e.end > range.max) e.ongoing = true;
  return true;
}

Event event_of(const FoundEvent& found, const EventFinder& finder) {
  Event e;
  e.time = found.time;
  e.kind = found.rule->kind;
  e.severity = found.rule->severity;
  e.count = found.count;
  e.is_episode = found.is_episode;
  e.ongoing = found.ongoing;
  e.end = found.is_episode && !found.ongoing ? found.end : 0;
  e.began_earlier = found.began_earlier;
  e.labels = *found.labels;
  e.device = event_device(e.labels);
  if (!e.labels.has("accel") && e.labels.has("pci_bus_id")) {
    if (std::string card = finder.card_at(e.labels.get("pci_bus_id")); !card.empty()) e.device = std::move(card);
  }
  e.text = event_sentence(found.rule->text, e);
  return e;
}

// A range in which the agent never ran has no row that could say so.
tacho::Result<void> add_silence(const store::Queryable& store, store::TimeRange held, EventFinder& finder,
                                store::TimeRange read) {
  const auto rule =
      std::find_if(event_rules().begin(), event_rules().end(), [](const EventRule& r) { return r.detect == Detect::no_rows; });
  const std::vector<store::Matcher> matchers{store::Matcher::equal(std::string(kMetricName), std::string(rule->metric))};
  const auto series = store.series(matchers, held);
  if (!series) return std::unexpected(series.error());
  if (!series->empty()) finder.add_silence(*rule, series->front(), read);
  return {};
}

}  // namespace

tacho::Result<EventList> find_events(const store::Queryable& store, store::TimeRange range, const EventLimits& limits) {
  EventList out;
  const store::TimeRange held = store.bounds();
  range = {std::max(range.min, held.min), std::min(range.max, held.max)};
  out.range = range;
  if (range.empty()) return out;
  // Twins of events at the ends may lie outside; and whether an episode ends with its rows is seen by those that do not follow.
  const store::TimeRange read{range.min - kEventLeadMs - kTwinMs, std::min(range.max + kEventLeadMs, held.max)};
  EventFinder finder(limits.is_identity, held, read);
  const std::vector<store::Matcher> matchers{EventFinder::matcher()};
  store::SelectLimits select = limits.select;
  select.samples_max = std::min(select.samples_max, kEventSamplesMax);
  const MonoNs begin = system_clock().mono();
  std::int64_t slice_ms = kSliceMs;
  std::size_t samples = 0;
  for (TimeMs from = read.min; from <= read.max;) {
    if (limits.stop != nullptr && limits.stop->load(std::memory_order_relaxed))
      return failure("the search for events was abandoned");
    if (limits.timeout_ms > 0 && system_clock().mono() - begin > limits.timeout_ms * kNsPerMs)
      return failure(
          "the search for events took longer than query.timeout; ask for a shorter time (start, end), or raise the limit");
    const auto slice = store.select(matchers, {from, std::min(read.max, from + slice_ms - 1)}, select);
    if (!slice && slice_ms > kShortestSliceMs) {
      slice_ms /= 2;
      continue;
    }
    if (!slice) return std::unexpected(slice.error());
    finder.enter(*slice);
    samples += slice->samples;
    from += slice_ms;
  }
  finder.finish();
  if (samples == 0) {
    if (auto ok = add_silence(store, held, finder, read); !ok) return std::unexpected(ok.error());
  }
  std::vector<FoundEvent>& found = finder.found();
  drop_twins(found);
  const auto is_wanted = [&](FoundEvent& e) {
    if (e.dropped || !cut(e, range)) return false;
    return limits.matches.empty() || std::any_of(limits.matches.begin(), limits.matches.end(),
                                                 [&](const auto& m) { return store::matches_all(m, *e.labels); });
  };
  std::erase_if(found, [&](FoundEvent& e) { return !is_wanted(e); });
  // At one time by rule and labels, so that two answers have one order.
  std::sort(found.begin(), found.end(), [](const FoundEvent& a, const FoundEvent& b) {
    if (a.time != b.time) return a.time < b.time;
    return a.rule != b.rule ? a.rule < b.rule : *a.labels < *b.labels;
  });
  if (limits.limit > 0 && found.size() > limits.limit) {
    out.left_out = found.size() - limits.limit;
    found.erase(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(out.left_out));
  }
  out.events.reserve(found.size());
  for (const FoundEvent& e : found) out.events.push_back(event_of(e, finder));
  return out;
}

}  // namespace tacho::query
