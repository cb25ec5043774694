#include "query/api/api.h"

#include <algorithm>

#include "query/api/handlers.h"
#include "query/api/params.h"

namespace tacho::query {
namespace {

// {"status":"success","data": ... } with a text that never changes: parts of Prometheus that a node does not have.
template <const char* Data>
ApiResult<std::string> answer_constant(const ApiContext&, const HttpRequest&) {
  return api_success_json([](JsonText& out) { out.raw(Data); });
}

constexpr char kEmptyList[] = "[]";
constexpr char kNoRules[] = R"({"groups":[]})";
constexpr char kNoAlerts[] = R"({"alerts":[]})";
constexpr char kReplayDone[] = R"({"min":0,"max":0,"current":0})";
constexpr char kNoAlertmanagers[] = R"({"activeAlertmanagers":[],"droppedAlertmanagers":[]})";

struct Route {
  std::string_view name;  // after /api/v1/
  bool post;              // also as a form
  JsonHandler handler;
};

constexpr Route kRoutes[] = {
    {"query", true, answer_query},
    {"query_range", true, answer_query_range},
    {"events", true, answer_events},
    {"format_query", true, answer_format_query},
    {"series", true, answer_series},
    {"labels", true, answer_labels},
    {"parse_query", true, answer_parse_query},
    {"query_exemplars", true, answer_query_exemplars},
    {"metadata", false, answer_metadata},
    {"rules", false, answer_constant<kNoRules>},
    {"alerts", false, answer_constant<kNoAlerts>},
    {"targets", false, answer_targets},
    {"targets/metadata", false, answer_constant<kEmptyList>},
    {"scrape_pools", false, answer_scrape_pools},
    {"alertmanagers", false, answer_constant<kNoAlertmanagers>},
    {"status/buildinfo", false, answer_buildinfo},
    {"status/tsdb", false, answer_tsdb},
    {"status/flags", false, answer_flags},
    {"status/config", false, answer_config},
    {"status/runtimeinfo", false, answer_runtimeinfo},
    {"status/walreplay", false, answer_constant<kReplayDone>},
};

constexpr std::string_view kApiPrefix = "/api/v1/";
constexpr std::string_view kLabelPrefix = "label/";
constexpr std::string_view kValuesSuffix = "/values";

HttpResponse plain(int status, std::string text) {
  return {.status = status, .content_type = "text/plain; charset=utf-8", .body = std::move(text) + "\n"};
}

HttpResponse not_found() { return plain(404, "404 page not found"); }

HttpResponse wrong_method(const char* allowed) {
  HttpResponse out = plain(405, "Method Not Allowed");
  out.headers.emplace_back("Allow", allowed);
  return out;
}

HttpResponse json(ApiResult<std::string> answer) {
  if (answer) return {.body = std::move(*answer)};
  const ApiError& e = answer.error();
  return {.status = e.status, .body = api_error_json(e.type, e.message)};
}

// HEAD is GET without the body, which the transport leaves out. (Prometheus answers 405 to HEAD here; nobody relies
// on that.)
bool is_get(const HttpRequest& r) { return r.method == "GET" || r.method == "HEAD"; }

HttpResponse dispatch(const ApiContext& c, const HttpRequest& r, std::string_view name) {
  if (r.method == "OPTIONS") return {.status = 204, .content_type = ""};
  if (name.starts_with(kLabelPrefix) && name.ends_with(kValuesSuffix) &&
      name.size() > kLabelPrefix.size() + kValuesSuffix.size()) {
    if (!is_get(r)) return wrong_method("GET, OPTIONS");
    const auto label = name.substr(kLabelPrefix.size(), name.size() - kLabelPrefix.size() - kValuesSuffix.size());
    return json(answer_label_values(c, r, label));
  }
  if (name == "jobs") {
    if (!is_get(r)) return wrong_method("GET, OPTIONS");
    auto answer = answer_jobs(c, r);
    return answer ? std::move(*answer) : json(std::unexpected(answer.error()));
  }
  if (name == "stream") {
    if (!is_get(r) && r.method != "POST") return wrong_method("GET, OPTIONS, POST");
    auto answer = answer_stream(c, r);
    return answer ? std::move(*answer) : json(std::unexpected(answer.error()));
  }
  if (name == "read") return r.method == "POST" ? answer_read(c, r) : wrong_method("OPTIONS, POST");
  const auto* const route =
      std::find_if(std::begin(kRoutes), std::end(kRoutes), [name](const Route& x) { return x.name == name; });
  if (route == std::end(kRoutes)) return not_found();
  if (!is_get(r) && !(route->post && r.method == "POST"))
    return wrong_method(route->post ? "GET, OPTIONS, POST" : "GET, OPTIONS");
  return json(route->handler(c, r));
}

// Pages of other origins may read the API, as Prometheus lets them: there is nothing here to be changed by asking.
void allow_other_origins(const HttpRequest& r, HttpResponse& out) {
  if (r.header("Origin").empty()) return;
  out.headers.insert(out.headers.end(),
                     {{"Access-Control-Allow-Headers", "Accept, Authorization, Content-Type, Origin, Last-Event-ID"},
                      {"Access-Control-Allow-Methods", "GET, POST, OPTIONS"},
                      {"Access-Control-Allow-Origin", "*"},
                      {"Access-Control-Expose-Headers", "Date"},
                      {"Vary", "Origin"}});
}

}  // namespace

Api::Api(const store::Queryable& store, ApiOptions options)
    : store_(store), options_(std::move(options)), engine_(options_.engine) {
  if (!options_.is_identity_label) options_.is_identity_label = [](std::string_view) { return false; };
  if (!options_.now) options_.now = [] { return system_clock().wall_ms(); };
  started_ = options_.now();
}

namespace {

constexpr std::int64_t kTriedStepsMax = 2'000;

}  // namespace

bool Api::is_tried_first(const HttpRequest& request) {
  if (request.path == "/api/v1/query") return true;
  if (request.path != "/api/v1/query_range") return false;
  // Of many steps it is likely to take longer, and the time of the try would be lost.
  const auto p = range_params(request);
  return p && (p->end - p->start) / p->step_ms <= kTriedStepsMax;
}

bool Api::is_slow(const HttpRequest& request) {
  const std::string_view path = request.path;
  const auto slow = {"query", "query_range", "read", "jobs", "events"};
  return path.starts_with(kApiPrefix) && std::find(slow.begin(), slow.end(), path.substr(kApiPrefix.size())) != slow.end();
}

HttpResponse Api::handle(const HttpRequest& request) const {
  const std::string_view path = request.path;
  const ApiContext context{store_, options_, engine_, options_.now(), started_};
  if (path.starts_with(kApiPrefix)) {
    HttpResponse out = dispatch(context, request, path.substr(kApiPrefix.size()));
    allow_other_origins(request, out);
    return out;
  }
  const auto known = {"/metrics", "/federate", "/-/healthy", "/-/ready"};
  if (std::find(known.begin(), known.end(), path) == known.end()) return not_found();
  if (!is_get(request)) return wrong_method("GET");
  if (path == "/metrics") return answer_metrics(context, request);
  if (path == "/federate") return answer_federate(context, request);
  if (path == "/-/healthy") return plain(200, "tacho is healthy.");
  const bool ready = !options_.ready || options_.ready();
  return ready ? plain(200, "tacho is ready.") : plain(503, "tacho is not ready yet; its log says what it waits for.");
}

}  // namespace tacho::query
