// The handlers behind api.cc's routes, by what they answer.
//
// A JSON handler gives the whole body of a 200, or an ApiError that api.cc turns into the envelope.
#pragma once

#include "query/api/api.h"
#include "query/api/params.h"

namespace tacho::query {

struct ApiContext {
  const store::Queryable& store;
  const ApiOptions& options;
  const Engine& engine;
  TimeMs now = 0;
  TimeMs started = 0;
};

using JsonHandler = ApiResult<std::string> (*)(const ApiContext&, const HttpRequest&);

// query.cc: values.
ApiResult<std::string> answer_query(const ApiContext& c, const HttpRequest& r);
ApiResult<std::string> answer_query_range(const ApiContext& c, const HttpRequest& r);
ApiResult<std::string> answer_format_query(const ApiContext& c, const HttpRequest& r);
ApiResult<std::string> answer_query_exemplars(const ApiContext& c, const HttpRequest& r);
std::unexpected<ApiError> query_error(const QueryError& e);

// parse.cc: a query's tree.
ApiResult<std::string> answer_parse_query(const ApiContext& c, const HttpRequest& r);

// series.cc: names.
ApiResult<std::string> answer_series(const ApiContext& c, const HttpRequest& r);
ApiResult<std::string> answer_labels(const ApiContext& c, const HttpRequest& r);
ApiResult<std::string> answer_label_values(const ApiContext& c, const HttpRequest& r, std::string_view label);
ApiResult<std::string> answer_metadata(const ApiContext& c, const HttpRequest& r);

// status.cc: the server itself.
ApiResult<std::string> answer_buildinfo(const ApiContext& c, const HttpRequest& r);
ApiResult<std::string> answer_tsdb(const ApiContext& c, const HttpRequest& r);
ApiResult<std::string> answer_flags(const ApiContext& c, const HttpRequest& r);
ApiResult<std::string> answer_config(const ApiContext& c, const HttpRequest& r);
ApiResult<std::string> answer_runtimeinfo(const ApiContext& c, const HttpRequest& r);

// targets.cc: what is scraped.
ApiResult<std::string> answer_targets(const ApiContext& c, const HttpRequest& r);
ApiResult<std::string> answer_scrape_pools(const ApiContext& c, const HttpRequest& r);

// read.cc: remote read, and what it shares with /federate.
HttpResponse answer_read(const ApiContext& c, const HttpRequest& r);
Labels with_external_labels(const Labels& labels, const Labels& external);  // a label of the series' own wins

// jobs.cc: what jobs used.
ApiResult<HttpResponse> answer_jobs(const ApiContext& c, const HttpRequest& r);

// events.cc: what happened.
ApiResult<std::string> answer_events(const ApiContext& c, const HttpRequest& r);

// stream.cc: what goes on.
ApiResult<HttpResponse> answer_stream(const ApiContext& c, const HttpRequest& r);

// text.cc: exposition text.
HttpResponse answer_metrics(const ApiContext& c, const HttpRequest& r);
HttpResponse answer_federate(const ApiContext& c, const HttpRequest& r);

}  // namespace tacho::query
