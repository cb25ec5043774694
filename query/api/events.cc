// /api/v1/events: tacho's own; what happened on the node.
#include "query/api/handlers.h"
#include "query/events/event_json.h"
#include "query/events/find_events.h"

namespace tacho::query {

// `limit`: the newest so many, 1000 where it is not given, 0 for all. `match[]`: events told by such series alone.
ApiResult<std::string> answer_events(const ApiContext& c, const HttpRequest& r) {
  const auto range = time_range_params(r);
  if (!range) return std::unexpected(range.error());
  const auto limit = limit_param(r);
  if (!limit) return std::unexpected(limit.error());
  const auto matches = match_params(r);
  if (!matches) return std::unexpected(matches.error());
  const EngineOptions& engine = c.engine.options();
  EventLimits limits{.is_identity = c.options.is_identity_label,
                     .matches = *matches,
                     .select = {.samples_max = engine.samples_max},
                     .timeout_ms = engine.timeout_ms,
                     .stop = r.abandoned};
  if (r.param("limit").value_or("") != "") limits.limit = *limit;
  const auto found = find_events(c.store, *range, limits);
  if (!found) return std::unexpected(ApiError{found.error().message, "execution", 422});
  std::vector<std::string> warnings;
  if (std::string warning = events_warning(*found); !warning.empty()) warnings.push_back(std::move(warning));
  return api_success_json([&](JsonText& out) { write_events(out, found->events); }, warnings);
}

}  // namespace tacho::query
