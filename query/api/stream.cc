// /api/v1/stream: tacho's own; values and events as they come.
#include "proto/base/number.h"
#include "query/api/handlers.h"
#include "query/stream/live_stream.h"

namespace tacho::query {
namespace {

constexpr std::int64_t kStepMinMs = 100, kStepMaxMs = 3'600'000;
constexpr std::int64_t kDepthMax = 60;

std::unexpected<ApiError> refused(std::string message, const char* type, int status) {
  return std::unexpected(ApiError{std::move(message), type, status});
}

ApiResult<std::int64_t> step_param(const HttpRequest& r) {
  const auto step = duration_param(r, "step");
  if (!step) return std::unexpected(step.error());
  const std::int64_t ms = step->value_or(1000);
  if (ms < kStepMinMs || ms > kStepMaxMs) return bad_parameter("step", "a stream's step is 100ms to 1h");
  return ms;
}

ApiResult<std::int64_t> depth_param(const HttpRequest& r) {
  const std::string_view text = r.param("depth").value_or("");
  if (text.empty()) return 3;
  const auto depth = parse_int(text);
  if (!depth || *depth < 1 || *depth > kDepthMax)
    return bad_parameter("depth", fmt::format("a whole number, 1 to {}", kDepthMax));
  return *depth;
}

// What EventSource sends when it comes back; as a parameter, for who has asked for the steps before. What no stream has sent counts as none.
std::optional<TimeMs> last_param(const HttpRequest& r) {
  const std::string_view header = r.header("Last-Event-ID");
  const auto last = parse_int(header.empty() ? r.param("last_event_id").value_or("") : header);
  return last && *last >= 0 ? std::optional<TimeMs>(*last) : std::nullopt;
}

bool flag_param(const HttpRequest& r, std::string_view name) {
  const std::string_view text = r.param(name).value_or("");
  return text == "1" || text == "true";
}

ApiResult<LiveStreamOptions> stream_options(const ApiContext& c, const HttpRequest& r) {
  LiveStreamOptions out;
  for (const std::string_view query : r.params("query")) out.queries.emplace_back(query);
  if (out.queries.size() > kStreamQueriesMax)
    return bad_parameter("query", fmt::format("a stream has {} expressions at most", kStreamQueriesMax));
  const auto step = step_param(r);
  if (!step) return std::unexpected(step.error());
  const auto depth = depth_param(r);
  if (!depth) return std::unexpected(depth.error());
  const auto lookback = duration_param(r, "lookback_delta");
  if (!lookback) return std::unexpected(lookback.error());
  out.step_ms = *step;
  out.depth = *depth;
  out.lookback_ms = lookback->value_or(0);
  out.last = last_param(r);
  if (flag_param(r, "events")) out.events = EventLimits{.is_identity = c.options.is_identity_label};
  if (out.queries.empty() && !out.events) return bad_parameter("query", "give an expression at least, or events=1");
  out.now = c.options.now;
  return out;
}

}  // namespace

ApiResult<HttpResponse> answer_stream(const ApiContext& c, const HttpRequest& r) {
  if (!c.options.streams)
    return refused("there is nothing live here; ask /api/v1/query_range, or an agent for a stream", "not_found", 404);
  auto options = stream_options(c, r);
  if (!options) return std::unexpected(options.error());
  if (!c.options.streams->enter(c.options.streams_max))
    return refused(
        fmt::format("{} streams are open, which is query.streams_max; close one, or raise the limit", c.options.streams_max),
        "unavailable", 503);
  options->account = c.options.streams;
  return HttpResponse{.content_type = "text/event-stream",
                      .headers = {{"Cache-Control", "no-store"}, {"X-Accel-Buffering", "no"}},
                      .stream = std::make_shared<LiveStream>(c.store, c.engine, std::move(*options))};
}

}  // namespace tacho::query
