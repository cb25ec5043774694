#include "query/api/params.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "proto/base/duration.h"
#include "proto/base/number.h"

namespace tacho::query {
namespace {

// As far as times go in milliseconds of a double; Prometheus's own clients send these two texts for "from the
// beginning" and "to the end".
constexpr TimeMs kMinTime = -9'200'000'000'000'000;
constexpr TimeMs kMaxTime = 9'200'000'000'000'000;
constexpr std::string_view kMinTimeText = "-292273086-05-16T16:47:06Z";
constexpr std::string_view kMaxTimeText = "292277025-08-18T07:12:54.999999999Z";

std::optional<TimeMs> parse_api_time(std::string_view text) {
  if (text == kMinTimeText) return kMinTime;
  if (text == kMaxTimeText) return kMaxTime;
  return parse_time(text);
}

std::string no_timestamp(std::string_view text) { return fmt::format("cannot parse {} to a valid timestamp", quoted(text)); }
std::string no_duration(std::string_view text) { return fmt::format("cannot parse {} to a valid duration", quoted(text)); }

}  // namespace

std::unexpected<ApiError> bad_parameter(std::string_view name, std::string_view reason) {
  return std::unexpected(ApiError{fmt::format("invalid parameter \"{}\": {}", name, reason)});
}

ApiResult<TimeMs> time_param(const HttpRequest& request, std::string_view name, TimeMs otherwise) {
  const std::string_view text = request.param(name).value_or("");
  if (text.empty()) return otherwise;
  if (const auto t = parse_api_time(text)) return *t;
  return bad_parameter(name, fmt::format("Invalid time value for '{}': {}", name, no_timestamp(text)));
}

ApiResult<store::TimeRange> time_range_params(const HttpRequest& request) {
  const auto start = time_param(request, "start", kMinTime);
  if (!start) return std::unexpected(start.error());
  const auto end = time_param(request, "end", kMaxTime);
  if (!end) return std::unexpected(end.error());
  if (*end < *start) return bad_parameter("end", "end timestamp must not be before start time");
  return store::TimeRange{*start, *end};
}

ApiResult<std::size_t> limit_param(const HttpRequest& request) {
  const std::string_view text = request.param("limit").value_or("");
  if (text.empty()) return 0;
  const auto limit = parse_int(text);
  if (!limit) return bad_parameter("limit", fmt::format("cannot parse {} to a whole number", quoted(text)));
  if (*limit < 0) return bad_parameter("limit", "limit must be non-negative");
  return static_cast<std::size_t>(*limit);
}

ApiResult<std::optional<std::int64_t>> duration_param(const HttpRequest& request, std::string_view name) {
  const std::string_view text = request.param(name).value_or("");
  if (text.empty()) return std::nullopt;
  const auto ms = parse_duration_or_seconds(text);
  if (!ms) return bad_parameter(name, no_duration(text));
  return ms;
}

ApiResult<CallOptions> call_options(const HttpRequest& request) {
  const auto timeout = duration_param(request, "timeout");
  if (!timeout) return std::unexpected(timeout.error());
  const auto lookback = duration_param(request, "lookback_delta");
  if (!lookback) return std::unexpected(lookback.error());
  CallOptions out{.lookback_ms = lookback->value_or(0), .stop = request.abandoned};
  // Zero and less would mean "the engine's own" there, and are no time to answer in.
  if (*timeout) out.timeout_ms = std::max<std::int64_t>(**timeout, 1);
  if (request.received) out.waited_ms = (system_clock().mono() - *request.received) / kNsPerMs;
  return out;
}

ApiResult<RangeParams> range_params(const HttpRequest& request) {
  RangeParams out;
  for (const auto& [name, to] : {std::pair{"start", &out.start}, std::pair{"end", &out.end}}) {
    const std::string_view text = request.param(name).value_or("");
    const auto t = parse_api_time(text);
    if (!t) return bad_parameter(name, no_timestamp(text));
    *to = *t;
  }
  if (out.end < out.start) return bad_parameter("end", "end timestamp must not be before start time");
  const std::string_view text = request.param("step").value_or("");
  const auto step = parse_duration_or_seconds(text);
  if (!step) return bad_parameter("step", no_duration(text));
  if (*step <= 0) {
    return bad_parameter("step", "zero or negative query resolution step widths are not accepted. Try a positive integer");
  }
  out.step_ms = *step;
  return out;
}

ApiResult<std::vector<std::string>> alias_sets_param(const HttpRequest& request, const store::AliasView* view) {
  std::vector<std::string> out;
  std::string_view rest = request.param("aliases").value_or("");
  while (!rest.empty()) {
    const std::string_view name = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), name.size() + 1));
    if (name.empty()) continue;
    const std::span<const std::string> known = view ? view->table().sets() : std::span<const std::string>();
    if (std::find(known.begin(), known.end(), name) == known.end())
      return bad_parameter("aliases",
                           fmt::format("there are no aliases called {}; there are {}", quoted(name), fmt::join(known, ", ")));
    out.emplace_back(name);
  }
  return out;
}

ApiResult<MatcherSets> match_params(const HttpRequest& request) {
  MatcherSets out;
  for (const std::string_view text : request.params("match[]")) {
    auto matchers = parse_matchers(text);
    if (!matchers) return bad_parameter("match[]", matchers.error().message);
    out.push_back(std::move(*matchers));
  }
  return out;
}

}  // namespace tacho::query
