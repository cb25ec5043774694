// /api/v1/stream: expressions evaluated each step as time goes on, as server-sent events.
//
//   retry: 2000
//
//   event: series                        at the start, and whenever a list of series, or an error, is another
//   data: {"queries":[{"series":[{labels},...]}, {"error":"...","errorType":"..."}]}
//
//   event: events                        new events and episodes that ended, where they are asked for; as /api/v1/events has them
//   data: [...]
//
//   event: points                        each step: the newest `depth` of them, for rows may be late. Later ones replace earlier ones.
//   id: 1700000003000                    the newest step, in milliseconds
//   data: {"time":[1700000001,1700000002,1700000003],"values":[[[1,2,null],...a series],...a query]}
//
// Values   are those of query_range for the same steps, with a look-back of a step where none is given: a value is of its own step or null.
//          What comes more seldom is asked for as last_over_time(x[10s]). JSON numbers in their shortest form; "NaN", "+Inf", "-Inf".
// Missed   steps since `last` (a client that comes back), and steps that were skipped because making or taking a piece took longer than a step,
//          come in the next points, kMissedMs back at most; "skipped":N says of how many no piece of their own was made.
// Events   at the start those that last and those of the newest ten seconds; a client that comes back is told those of ten seconds before it left again.
//          An event is known by kind, labels and time; told again, it is the same one, or its end.
// Silence  a comment each 15 s where there is nothing to send.
// Threads  HttpStream's.
// Bounds   kStreamQueriesMax expressions, kStreamSeriesMax series of all of them; the evaluations of a step have kEvaluateMs together.
// Lifetime the store and the engine outlive it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "proto/http.h"
#include "query/stream/account.h"
#include "query/stream/live_events.h"
#include "query/stream/live_query.h"
#include "query/stream/step_store.h"

namespace tacho::query {

struct LiveStreamOptions {
  std::vector<std::string> queries;
  std::int64_t step_ms = 1000;
  std::int64_t depth = 3;        // steps a piece
  std::int64_t lookback_ms = 0;  // 0: a step
  std::optional<TimeMs> last;    // the newest step that the client has
  std::optional<EventLimits> events;
  std::function<TimeMs()> now;
  std::shared_ptr<StreamAccount> account;  // which it has entered; it leaves
};

class LiveStream final : public HttpStream {
 public:
  static constexpr std::int64_t kDelayMs = 150;       // after a step: its rows are there
  static constexpr std::int64_t kMissedMs = 300'000;  // of what was missed
  static constexpr std::int64_t kSilenceMs = 15'000;
  static constexpr std::int64_t kEvaluateMs = 5'000;

  LiveStream(const store::Queryable& store, const Engine& engine, LiveStreamOptions options);
  ~LiveStream() override;

  std::int64_t wait_ms() override;
  std::optional<std::string> next(const std::atomic<bool>& abandoned) override;
  void dropped() override;

 private:
  TimeMs newest_step() const;
  std::int64_t delay_ms() const;
  StreamSteps steps_to(TimeMs newest) const;
  bool evaluate(const StreamSteps& steps, const std::atomic<bool>& abandoned, bool& changed);
  void write_series(JsonText& out) const;
  void write_points(JsonText& out, const StreamSteps& steps, std::int64_t skipped) const;
  void write_news(JsonText& out, TimeMs newest, const std::atomic<bool>& abandoned);

  const store::Queryable& store_;
  const Engine& engine_;
  LiveStreamOptions options_;
  std::vector<LiveQuery> queries_;
  StepStore asked_;
  std::optional<LiveEvents> events_;
  bool begun_ = false;
  std::optional<TimeMs> last_;  // the newest step that was sent, or that the client has
  TimeMs spoke_ = 0;            // when something was sent
};

}  // namespace tacho::query
