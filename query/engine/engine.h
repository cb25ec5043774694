// The query engine's door: PromQL text in, values out.
//
//   Engine engine(EngineOptions{});
//   Result r = engine.range(store, "rate(node_cpu_seconds_total[1m])", start, end, 1000);
//
// Shape    stateless but for its options: every call selects, evaluates and forgets.
// Threads  const calls from any thread, any number at once; a call runs on the caller's thread.
// Errors   as values (result.h); nothing throws for bad input. What is not there yet is an error that begins
//          "not supported yet: ".
// Cost     the selected samples are copied once; then about steps x series cells for every node of the expression.
// Source   Prometheus 3: left-open ranges and look-back, staleness markers, name dropping at once (no delayed
// removal).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "proto/base/clock.h"
#include "query/engine/result.h"
#include "store/matcher.h"
#include "store/queryable.h"

namespace tacho::query {

struct Expr;  // ast.h
using ExprPtr = std::unique_ptr<Expr>;
// Owns a syntax tree; usable where Expr is only declared.
using ParsedExpr = std::shared_ptr<const Expr>;

struct EngineOptions {
  std::int64_t lookback_ms = 300'000;      // how old an instant vector's sample may be; left-open
  std::size_t samples_max = 50'000'000;    // decoded samples, and with them the cells of any one intermediate result
  std::size_t series_max = 200'000;        // selected series
  std::size_t memory_max = 1u << 30;       // bytes of a query's samples and of any one intermediate result
  std::size_t steps_max = 11'000;          // of a range query, which has one point more a series
  std::int64_t timeout_ms = 120'000;       // wall-clock of one query, waiting included; 0: none
  std::int64_t subquery_step_ms = 60'000;  // the resolution of [1h:] (Prometheus: the global evaluation interval)
};

// What a single call may set; 0 or null: the engine's own.
struct CallOptions {
  std::int64_t lookback_ms = 0;
  std::int64_t timeout_ms = 0;              // shorter than the engine's, or without effect
  std::int64_t waited_ms = 0;               // of that time, before the call
  std::size_t samples_max = 0;              // fewer than the engine's, or without effect
  const std::atomic<bool>* stop = nullptr;  // raised by another thread: ends the call with ErrorKind::canceled
};

// A query that is asked again and again.
struct PreparedQuery {
  std::string text;
  ParsedExpr expr;
};

class Engine {
 public:
  explicit Engine(EngineOptions options = {}) : options_(options) {}

  Result instant(const store::Queryable& store, std::string_view text, TimeMs at, const CallOptions& call = {}) const;

  // At start, start + step, ... up to end. Requires (else bad_data): end >= start, step > 0, at most steps_max steps.
  Result range(const store::Queryable& store, std::string_view text, TimeMs start, TimeMs end, std::int64_t step_ms,
               const CallOptions& call = {}) const;
  Result range(const store::Queryable& store, const PreparedQuery& query, TimeMs start, TimeMs end, std::int64_t step_ms,
               const CallOptions& call = {}) const;

  const EngineOptions& options() const { return options_; }

 private:
  std::expected<void, QueryError> check_steps(TimeMs start, TimeMs end, std::int64_t step_ms) const;

  EngineOptions options_;
};

// Parsed and type-checked; the error is bad_data with "line:column: parse error: ...".
std::expected<ParsedExpr, QueryError> parse(std::string_view text);

std::expected<PreparedQuery, QueryError> prepare(std::string_view text);

// The canonical text, as Prometheus prints it on one line: parse(format(e)) is the same tree.
std::string format(const Expr& expr);

// A metric selector without offset or @, as match[] takes it: up{job="x"}, {__name__=~"node_.*"}. At least one
// matcher must not match the empty string.
std::expected<std::vector<store::Matcher>, QueryError> parse_matchers(std::string_view text);

}  // namespace tacho::query
