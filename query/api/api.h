// The HTTP face of a store: Prometheus's HTTP API, /metrics, /federate and health.
//
//   Api api(store, {});
//   HttpServer::start(options, [&api](const HttpRequest& r) { return api.handle(r); });
//
// Shape    handlers are pure: a request in, a response out; the transport is proto/http_server.h.
// Threads  handle() from any thread, any number at once.
// Errors   as Prometheus answers them: 400 bad_data, 422 execution, 503 timeout, 404, 405; never an exception for bad
// input. Cost     a query's, plus 10 to 50 ns a point for its text. Lifetime the store outlives the Api. Source
// Prometheus 3's HTTP API, compared answer by answer with Debian's Prometheus 2.42; what differs is said at its
// place.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "proto/http.h"
#include "query/api/json.h"
#include "query/engine/engine.h"
#include "query/stream/account.h"
#include "store/aliases/view.h"
#include "store/queryable.h"

namespace tacho::query {

// A target that is scraped, as /api/v1/targets shows it.
struct TargetStatus {
  Labels discovered;  // before relabel_configs
  Labels labels;
  std::string pool;  // the job_name
  std::string url;
  std::int64_t interval_ms = 0;
  std::int64_t timeout_ms = 0;
  TimeMs last_scrape = 0;  // 0: not scraped yet
  double last_seconds = 0;
  std::string last_error;  // "": it is up
};

struct ApiOptions {
  EngineOptions engine;
  std::int64_t concurrency = 2;                        // queries at once, as the transport runs them; told by status/flags
  std::function<TimeMs()> now;                         // what a query without a time asks for; default: the wall clock
  std::function<bool()> ready;                         // default: always
  Labels external_labels;                              // told to who reads or federates: which node this is
  std::string config_yaml;                             // what /api/v1/status/config shows; no secrets
  std::function<std::vector<TargetStatus>()> targets;  // default: none
  const store::AliasView* aliases = nullptr;  // where the store is one: what /metrics?aliases= and lists of names show of it
  std::function<bool(std::string_view)> is_identity_label;  // for /api/v1/jobs (JobOptions); default: none is
  std::shared_ptr<StreamAccount> streams;                   // where samples go on coming: /api/v1/stream; null: there is none
  std::int64_t streams_max = kStreamsMax;                   // at once
};

class Api {
 public:
  explicit Api(const store::Queryable& store, ApiOptions options = {});
  HttpResponse handle(const HttpRequest& request) const;
  // What reads samples, and so may take long: the transport handles it apart (HttpServerOptions::is_slow).
  static bool is_slow(const HttpRequest& request);
  // Of those what is often done within a millisecond, and gives up after a few when it is only tried (HttpServerOptions::is_tried_first).
  static bool is_tried_first(const HttpRequest& request);

 private:
  const store::Queryable& store_;
  ApiOptions options_;
  Engine engine_;
  TimeMs started_ = 0;
};

}  // namespace tacho::query
