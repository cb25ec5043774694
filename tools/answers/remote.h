// An agent (or any Prometheus) asked over HTTP.
//
// Errors   no connection, or the server's own error message; both name the URL.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "proto/base/error.h"
#include "proto/remote_read.h"
#include "query/engine/result.h"
#include "store/queryable.h"

namespace tacho::tools {

using Params = std::vector<std::pair<std::string, std::string>>;

inline constexpr std::int64_t kAskTimeoutMs = 130'000;  // a little more than the server's own

// The body of a 2xx answer to POST URL/path with the parameters as a form, or to GET where there are none; otherwise an error with what
// the server said. `status`, where it is wanted, becomes that of the answer; 0: there was none.
Result<std::string> ask(const std::string& url, const std::string& path, const Params& params,
                        std::int64_t timeout_ms = kAskTimeoutMs, int* status = nullptr);

// The `data` of an answer of /api/v1/query or query_range.
Result<query::QueryResult> parse_answer(const std::string& body);
// The `data` of an answer of /api/v1/series.
Result<std::vector<Labels>> parse_series_answer(const std::string& body);

// The `data` of an answer of /api/v1/metadata: of several texts of a metric the first.
Result<std::vector<store::MetricMetadata>> parse_metadata_answer(const std::string& body);
// The external labels in the `data` of an answer of /api/v1/status/config.
Result<Labels> parse_config_answer(const std::string& body);

// Samples by remote read, bit for bit.
Result<std::vector<ReadSeries>> ask_samples(const std::string& url, const ReadQuery& query);

}  // namespace tacho::tools
