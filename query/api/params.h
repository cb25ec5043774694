// The HTTP API's parameters: times, durations, selectors, limits; each error in Prometheus's words.
//
// Errors   bad_data: the message for the answer's "error".   Threads  any.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/http.h"
#include "query/engine/engine.h"
#include "store/aliases/view.h"
#include "store/matcher.h"
#include "store/queryable.h"

namespace tacho::query {

// An answer other than 200: its errorType, status and message.
struct ApiError {
  std::string message;
  const char* type = "bad_data";
  int status = 400;
};
template <class T>
using ApiResult = std::expected<T, ApiError>;

std::unexpected<ApiError> bad_parameter(std::string_view name, std::string_view reason);

// A parameter that is absent or empty is its default.
ApiResult<TimeMs> time_param(const HttpRequest& request, std::string_view name, TimeMs otherwise);
ApiResult<store::TimeRange> time_range_params(const HttpRequest& request);  // start and end, without limits when absent
ApiResult<std::size_t> limit_param(const HttpRequest& request);             // 0: none
// "timeout", "lookback_delta": nullopt when absent.
ApiResult<std::optional<std::int64_t>> duration_param(const HttpRequest& request, std::string_view name);
ApiResult<CallOptions> call_options(const HttpRequest& request);

struct RangeParams {
  TimeMs start = 0, end = 0;
  std::int64_t step_ms = 0;
};
// start, end and step, all needed.
ApiResult<RangeParams> range_params(const HttpRequest& request);

using MatcherSets = std::vector<std::vector<store::Matcher>>;
// "aliases": names with commas between them; empty when there is none. `view` may be null: then there are no aliases.
ApiResult<std::vector<std::string>> alias_sets_param(const HttpRequest& request, const store::AliasView* view);
// Every match[]; empty when there is none.
ApiResult<MatcherSets> match_params(const HttpRequest& request);

}  // namespace tacho::query
