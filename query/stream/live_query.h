// One expression of a stream: evaluated for the newest steps, again and again.
//
// Shape    a list of series, in which values stand in the same order. A series that has no value is kept in the list for kForgetMs, so that one that
//          comes and goes (a filter, a source that ticks seldom) changes no list.
// Errors   a text that cannot be parsed, and what an evaluation says: instead of the list of series. The next evaluation may succeed.
// Threads  one at a time.   Cost  a range query without its parsing, which the first evaluation does: whoever makes one need not wait for it.
#pragma once

#include <string>
#include <vector>

#include "query/engine/engine.h"
#include "query/json/text.h"

namespace tacho::query {

inline constexpr std::size_t kStreamQueriesMax = 64;
inline constexpr std::size_t kStreamSeriesMax = 5'000;

struct StreamSteps {
  TimeMs start = 0, end = 0;
  std::int64_t step = 1000;
  std::size_t count() const { return static_cast<std::size_t>((end - start) / step) + 1; }
};

class LiveQuery {
 public:
  static constexpr std::int64_t kForgetMs = 60'000;

  explicit LiveQuery(std::string_view text) : text_(text) {}

  // Whether its list of series is another now, or its error. `series_max`: more are an error.
  bool evaluate(const Engine& engine, const store::Queryable& store, const StreamSteps& steps, const CallOptions& call,
                std::size_t series_max);
  std::size_t series() const { return series_.size(); }
  bool was_canceled() const { return canceled_; }

  // {"series":[{labels},...]} or {"error":"...","errorType":"..."}
  void write_series(JsonText& out) const;
  // [[v1,v2,...],...], a list a series, of the steps evaluated last; [] where there is an error.
  void write_values(JsonText& out) const;

 private:
  struct Known {
    Labels labels;
    TimeMs seen = 0;                 // when it last had a value
    const Points* points = nullptr;  // of result_; null: none
  };
  bool parse();
  bool take(QueryResult result, std::size_t series_max);
  bool fail(std::string type, std::string message);

  std::string text_;
  bool parsed_ = false;
  std::optional<PreparedQuery> query_;  // nullopt: it was not parsed yet, or cannot be
  std::string error_, error_type_;      // "": there is none
  bool canceled_ = false;
  StreamSteps steps_;
  QueryResult result_;
  std::vector<Known> series_;  // sorted by labels
};

}  // namespace tacho::query
