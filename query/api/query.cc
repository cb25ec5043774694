// query, query_range, format_query, query_exemplars.
#include <algorithm>

#include "proto/base/duration.h"
#include "query/api/handlers.h"

namespace tacho::query {
namespace {

constexpr const char* kTruncated = "results truncated due to limit";

double seconds_since(MonoNs begin) { return static_cast<double>(system_clock().mono() - begin) / 1e9; }

// Of two times, 0 for none.
std::int64_t shorter(std::int64_t a, std::int64_t b) { return a > 0 && b > 0 ? std::min(a, b) : std::max(a, b); }

// A first try ends soon where a query takes longer: when it has selected more than is answered in that time, or at that time.
constexpr std::int64_t kFirstTryMs = 3;
constexpr std::size_t kFirstTrySamples = 200'000;

QueryError timed_out_waiting(std::int64_t timeout_ms) {
  return {
      ErrorKind::timeout,
      fmt::format("query timed out in query queue: others took all of its {}; ask less at once, or raise query.concurrency or "
                  "query.timeout",
                  format_duration(timeout_ms)),
      {}};
}

// Runs the query between its parameters and its text: limit and stats are the same for both forms.
template <class Run>
ApiResult<std::string> answer(const ApiContext& c, const HttpRequest& r, Run&& run) {
  const MonoNs begin = system_clock().mono();
  const auto call = call_options(r);
  if (!call) return std::unexpected(call.error());
  const auto limit = limit_param(r);
  if (!limit) return std::unexpected(limit.error());
  const std::int64_t timeout_ms = shorter(call->timeout_ms, c.engine.options().timeout_ms);
  if (timeout_ms > 0 && call->waited_ms >= timeout_ms) return query_error(timed_out_waiting(timeout_ms));
  QueryTimings timings{.queue_seconds = static_cast<double>(call->waited_ms) / 1000, .prepare_seconds = seconds_since(begin)};
  CallOptions options = *call;
  if (r.first_try) {
    options.timeout_ms = shorter(options.timeout_ms, call->waited_ms + kFirstTryMs);
    options.samples_max = kFirstTrySamples;
  }
  Result result = run(r.param("query").value_or(""), options);
  // Which limit was hit, its own or the query's, is seen when it is asked again.
  if (!result && r.first_try && (result.error().kind == ErrorKind::timeout || result.error().kind == ErrorKind::execution))
    return std::unexpected(ApiError{"it takes longer", "timeout", kTakesLonger});
  if (!result) return query_error(result.error());
  timings.total_seconds = seconds_since(begin);
  if (*limit > 0 && result->series.size() > *limit && result->type != ValueType::scalar) {
    result->series.resize(*limit);
    result->warnings.emplace_back(kTruncated);
  }
  const bool wants_stats = !r.param("stats").value_or("").empty();
  return api_json(result, wants_stats ? &timings : nullptr);
}

}  // namespace

std::unexpected<ApiError> query_error(const QueryError& e) {
  return std::unexpected(ApiError{api_message(e), error_kind_name(e.kind), api_status(e.kind)});
}

ApiResult<std::string> answer_query(const ApiContext& c, const HttpRequest& r) {
  const auto at = time_param(r, "time", c.now);
  if (!at) return std::unexpected(at.error());
  return answer(c, r, [&](std::string_view text, const CallOptions& call) { return c.engine.instant(c.store, text, *at, call); });
}

ApiResult<std::string> answer_query_range(const ApiContext& c, const HttpRequest& r) {
  const auto p = range_params(r);
  if (!p) return std::unexpected(p.error());
  return answer(c, r, [&](std::string_view text, const CallOptions& call) {
    return c.engine.range(c.store, text, p->start, p->end, p->step_ms, call);
  });
}

ApiResult<std::string> answer_format_query(const ApiContext&, const HttpRequest& r) {
  const auto expr = parse(r.param("query").value_or(""));
  if (!expr) return query_error(expr.error());
  return api_success_json([&](JsonText& out) { out.string(format(**expr)); });
}

// Exemplars are not kept; whoever asks for them of a good query learns that there are none.
ApiResult<std::string> answer_query_exemplars(const ApiContext&, const HttpRequest& r) {
  if (const auto range = time_range_params(r); !range) return std::unexpected(range.error());
  if (const auto expr = parse(r.param("query").value_or("")); !expr) return query_error(expr.error());
  return api_success_json([](JsonText& out) { out.raw("[]"); });
}

}  // namespace tacho::query
