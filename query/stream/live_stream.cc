#include "query/stream/live_stream.h"

#include <algorithm>

#include "proto/base/clock.h"
#include "query/events/event_json.h"
#include "query/json/object.h"

namespace tacho::query {
namespace {

// The wall clock stepped back by more than this: what was sent is of a future that nobody lives in any more.
constexpr std::int64_t kBackMs = 10'000;

// What all expressions need may take so long to fetch; it cannot be given up, as each of theirs can between two.
constexpr std::int64_t kFetchMs = LiveStream::kEvaluateMs / 2;

TimeMs floor_to(TimeMs t, std::int64_t step) { return t - ((t % step) + step) % step; }

}  // namespace

LiveStream::LiveStream(const store::Queryable& store, const Engine& engine, LiveStreamOptions options)
    : store_(store), engine_(engine), options_(std::move(options)), asked_(store) {
  for (const std::string& text : options_.queries) queries_.emplace_back(text);
  const TimeMs newest = newest_step();
  // Another clock's, or another step's: as if it had none.
  if (options_.last && *options_.last <= newest) last_ = floor_to(std::max(*options_.last, newest - kMissedMs), options_.step_ms);
  if (options_.events) events_.emplace(*options_.events, last_ ? *last_ - kBackMs : newest - kBackMs);
}

LiveStream::~LiveStream() { options_.account->leave(); }

void LiveStream::dropped() { options_.account->dropped.fetch_add(1, std::memory_order_relaxed); }

std::int64_t LiveStream::delay_ms() const { return std::min(kDelayMs, options_.step_ms / 2); }

TimeMs LiveStream::newest_step() const { return floor_to(options_.now() - delay_ms(), options_.step_ms); }

std::int64_t LiveStream::wait_ms() {
  if (!begun_) return 0;
  const TimeMs now = options_.now();
  const std::int64_t due = last_ ? *last_ + options_.step_ms + delay_ms() - now : 0;
  return std::clamp<std::int64_t>(std::min(due, spoke_ + kSilenceMs - now), 0, std::min(options_.step_ms, kSilenceMs));
}

// From the first that was missed on, and with it those whose rows may have been late; at least `depth`.
StreamSteps LiveStream::steps_to(TimeMs newest) const {
  const std::int64_t before = (options_.depth - 1) * options_.step_ms;
  TimeMs start = newest - before;
  if (last_ && *last_ < newest) start = std::min(start, *last_ + options_.step_ms - before);
  const auto most = static_cast<std::int64_t>(engine_.options().steps_max);
  const std::int64_t back = std::min(std::max(kMissedMs, before), (most - 1) * options_.step_ms);
  return {std::max(start, floor_to(newest - back + options_.step_ms - 1, options_.step_ms)), newest, options_.step_ms};
}

// False: the client has gone meanwhile.
bool LiveStream::evaluate(const StreamSteps& steps, const std::atomic<bool>& abandoned, bool& changed) {
  CallOptions call{.lookback_ms = options_.lookback_ms > 0 ? options_.lookback_ms : options_.step_ms,
                   .timeout_ms = kEvaluateMs,
                   .stop = &abandoned};
  const MonoNs begin = system_clock().mono();
  std::size_t series = 0;
  asked_.begin(steps.end);
  if (system_clock().mono() - begin > kFetchMs * kNsPerMs) asked_.fetch_alone();
  for (LiveQuery& q : queries_) {
    call.waited_ms = (system_clock().mono() - begin) / kNsPerMs;
    changed = q.evaluate(engine_, asked_, steps, call, kStreamSeriesMax - series) || changed;
    if (q.was_canceled()) return false;
    series += q.series();
  }
  asked_.end();
  return true;
}

void LiveStream::write_series(JsonText& out) const {
  out.raw(R"(event: series
data: {"queries":)");
  write_list(out, queries_, [&out](const LiveQuery& q) { q.write_series(out); });
  out.raw("}\n\n");
}

void LiveStream::write_points(JsonText& out, const StreamSteps& steps, std::int64_t skipped) const {
  out.raw("event: points\nid: ");
  out.integer(steps.end);
  out.raw("\ndata: {\"time\":[");
  for (TimeMs t = steps.start; t <= steps.end; t += steps.step) {
    if (t > steps.start) out.raw(',');
    out.number(static_cast<double>(t) / 1000);
  }
  out.raw(R"(],"values":)");
  write_list(out, queries_, [&out](const LiveQuery& q) { q.write_values(out); });
  if (skipped > 0) {
    out.raw(R"(,"skipped":)");
    out.integer(skipped);
  }
  out.raw("}\n\n");
}

void LiveStream::write_news(JsonText& out, TimeMs newest, const std::atomic<bool>& abandoned) {
  const std::vector<Event> news = events_->news(store_, newest, &abandoned);
  if (news.empty()) return;
  out.raw("event: events\ndata: ");
  write_events(out, news);
  out.raw("\n\n");
}

std::optional<std::string> LiveStream::next(const std::atomic<bool>& abandoned) {
  JsonText out;
  if (!begun_) out.raw("retry: 2000\n\n");
  const TimeMs newest = newest_step();
  if (last_ && *last_ > newest + kBackMs) {
    last_.reset();
    if (events_) events_.emplace(*options_.events, newest - kBackMs);
  }
  if (!last_ || *last_ < newest || !begun_) {
    const StreamSteps steps = steps_to(newest);
    bool changed = !begun_;
    if (!evaluate(steps, abandoned, changed)) return std::nullopt;
    const std::int64_t skipped = begun_ && last_ ? (newest - *last_) / options_.step_ms - 1 : 0;
    if (skipped > 0) options_.account->skipped.fetch_add(static_cast<std::uint64_t>(skipped), std::memory_order_relaxed);
    if (changed) write_series(out);
    if (events_) write_news(out, newest, abandoned);
    write_points(out, steps, skipped);
    last_ = newest;
    begun_ = true;
  }
  std::string piece = out.take();
  const TimeMs now = options_.now();
  if (piece.empty() && now - spoke_ >= kSilenceMs) piece = ": nothing new\n\n";
  if (!piece.empty() || now < spoke_) spoke_ = now;
  return piece;
}

}  // namespace tacho::query
