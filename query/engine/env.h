// What all nodes of one running query share: its limits, its notes, its labels.
//
// Threads  one query, one thread; `stop` is raised by another.
// Errors   check(): timeout, canceled.  admit(), keep_samples(): also execution, when it would be more than
// samples_max or memory_max at once.
#pragma once

#include <atomic>
#include <cmath>
#include <deque>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "proto/base/clock.h"
#include "query/engine/matrix.h"
#include "query/engine/result.h"
#include "query/language/ast.h"
#include "store/queryable.h"

namespace tacho::query {

using Values = std::expected<Matrix, QueryError>;
using Status = std::expected<void, QueryError>;

// Warnings and infos, each text once, in the order they came.
class Notes {
 public:
  explicit Notes(std::string_view text) : text_(text) {}
  void warn(std::string_view message, const Span& at) { add(warnings, "PromQL warning: ", message, at); }
  void inform(std::string_view message, const Span& at) { add(infos, "PromQL info: ", message, at); }

  std::vector<std::string> warnings;
  std::vector<std::string> infos;

 private:
  void add(std::vector<std::string>& list, std::string_view kind, std::string_view message, const Span& at);
  std::string_view text_;
};

struct Env {
  explicit Env(std::string_view query_text) : text(query_text), notes(query_text) {}

  std::string_view text;
  Grid top;            // of the whole query: start(), end(), step(), range()
  TimeMs top_end = 0;  // as asked, not rounded to a step
  bool is_range = false;
  std::int64_t lookback_ms = 300'000;
  std::int64_t subquery_step_ms = 60'000;
  std::size_t samples_max = 50'000'000;
  std::size_t select_slack = 1'000'000;  // store::SelectLimits
  std::size_t series_max = 200'000;
  std::size_t memory_max = 1u << 30;
  std::int64_t timeout_ms = 0;   // for the message
  std::int64_t deadline_ns = 0;  // MonoNs; 0: none
  const std::atomic<bool>* stop = nullptr;
  Notes notes;
  QueryStats stats;

  // Keeps labels for as long as the query runs; pointers stay valid.
  const Labels* keep(Labels labels) { return &labels_.emplace_back(std::move(labels)); }

  Status check() const;
  // For loops that are long without making anything: false once check() fails, which is looked at after some million samples.
  bool keep_going(std::size_t samples);
  // `samples` more are held until the query ends.
  Status keep_samples(std::size_t samples);
  // What may still be selected, and which limit says so.
  store::SelectLimits select_limits() const;
  // A node is about to make a matrix of so many cells; it is given back when the node above is done.
  Status admit(std::size_t cells) const;

 private:
  std::deque<Labels> labels_;
  std::size_t kept_ = 0;
  std::size_t work_ = 0;
};

std::unexpected<QueryError> execution_error(std::string message);
inline constexpr std::string_view kSameLabels = "vector cannot contain metrics with the same labelset";

// Drops the metric's name from every row; rows that become equal are joined, or it is an error.
Status drop_names(Matrix& matrix);

}  // namespace tacho::query
