#include "query/stream/live_events.h"

#include <algorithm>

#include "query/events/rules.h"
#include "query/events/sentence.h"

namespace tacho::query {
namespace {

// Rows that are published late are found when they are there.
constexpr std::int64_t kLateMs = 10'000;
constexpr std::int64_t kForgetMs = 60'000;

std::string with_time(const std::string& key, TimeMs t) { return key + "@" + std::to_string(t); }

}  // namespace

// Whose a series is may change while an episode lasts.
std::string LiveEvents::key_of(const Event& e) const {
  std::string out = e.kind;
  for (const Label& l : e.labels) {
    if (limits_.is_identity == nullptr || !limits_.is_identity(l.name))
      out.append(1, '\n').append(l.name).append(1, '=').append(l.value);
  }
  return out;
}

void LiveEvents::take(Event e, TimeMs now, std::vector<Event>& news) {
  const std::string key = key_of(e);
  if (const auto open = told_.find(key); e.is_episode && open != told_.end()) {
    const Event& known = open->second.event;
    // Cut by the range; or it was cut by an earlier one, and this one sees its begin. It was told when it began.
    if (e.began_earlier || (known.began_earlier && e.time <= known.time)) {
      e.time = known.time;
      e.began_earlier = known.began_earlier;
      e.labels = known.labels;
      e.text = event_sentence(e.rule->text, e);
    }
  }
  if (e.ongoing) {
    const auto [known, fresh] = told_.try_emplace(key, Told{e, now});
    known->second.seen = now;
    if (!fresh && known->second.event.time == e.time) return;
    known->second.event = e;
    news.push_back(std::move(e));
    return;
  }
  // An open one that has ended is told again, with its end.
  if (const auto open = told_.find(key); open != told_.end() && open->second.event.time == e.time) told_.erase(open);
  const auto [known, fresh] = told_.try_emplace(with_time(key, e.is_episode ? e.end : e.time), Told{e, now});
  known->second.seen = now;
  if (fresh) news.push_back(std::move(e));
}

std::vector<Event> LiveEvents::news(const store::Queryable& store, TimeMs now, const std::atomic<bool>* stop) {
  limits_.stop = stop;
  std::vector<Event> out;
  const auto look = [&](TimeMs from, auto is_wanted) {
    const auto found = find_events(store, {from, now}, limits_);
    if (!found) return false;
    for (const Event& e : found->events) {
      if (is_wanted(e)) take(e, now, out);
    }
    return true;
  };
  // A better teller may come.
  if (!look(from_, [&](const Event& e) { return e.rule->rank == 0 || e.time <= now - kTwinMs; })) return out;
  // Of an episode whose rows have ended the end lies behind.
  const auto is_missing = [&](const auto& entry) { return entry.second.event.ongoing && entry.second.seen < now; };
  const auto is_open = [&](const Event& e) { return e.is_episode && told_.contains(key_of(e)); };
  if (std::ranges::any_of(told_, is_missing) && look(now - 2 * kEventLeadMs - kLateMs, is_open)) {
    for (auto i = told_.begin(); i != told_.end();) {
      if (!is_missing(*i)) {
        ++i;
        continue;
      }
      Event e = i->second.event;
      e.ongoing = false;
      e.end = i->second.seen;
      e.text = event_sentence(e.rule->text, e);
      out.push_back(std::move(e));
      i = told_.erase(i);
    }
  }
  std::erase_if(told_, [&](const auto& entry) { return !entry.second.event.ongoing && entry.second.seen < now - kForgetMs; });
  from_ = std::max(from_, now - kLateMs);
  std::stable_sort(out.begin(), out.end(), [](const Event& a, const Event& b) { return a.time < b.time; });
  return out;
}

}  // namespace tacho::query
