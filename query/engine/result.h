// What a query gives: values, or an error with its place in the text.
//
// Units    TimeMs; positions are byte offsets in the query's text, lines and columns count from 1.
// Threads  values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/base/labels.h"
#include "proto/base/sample.h"
#include "query/engine/points.h"

namespace tacho::query {

// Prometheus's error types.
enum class ErrorKind {
  bad_data,   // the text is no valid query, or a parameter is out of its range (HTTP 400)
  execution,  // the query is valid and cannot be answered on this data, or a limit on samples was reached (422)
  timeout,    // it ran longer than EngineOptions::timeout_ms (503)
  canceled,   // EngineOptions' or the call's stop flag was raised (499 or 503)
};
// "bad_data", "execution", "timeout", "canceled": the API's errorType.
const char* error_kind_name(ErrorKind kind);

struct QueryError {
  ErrorKind kind = ErrorKind::bad_data;
  std::string message;                  // whole: for a parse error with its position, "1:5: parse error: ..."
  std::optional<std::size_t> position;  // where in the text, when it has a place
};

enum class ValueType { none, scalar, vector, matrix, string };
// "none", "scalar", "vector", "matrix", "string": the API's resultType.
const char* value_type_name(ValueType type);

struct ResultSeries {
  Labels labels;
  Points points;  // at least one
};

struct QueryStats {
  std::size_t series_selected = 0;
  std::size_t samples_selected = 0;  // decoded from the store
};

// scalar   series holds one entry without labels: its points are one (instant).
// vector   one point a series; in the order that sort(), topk() and their like gave, otherwise the store's order.
// matrix   sorted by labels. A range query always gives a matrix, also of a scalar.
// string   `text`, at time `at`; series is empty.
struct QueryResult {
  ValueType type = ValueType::none;
  std::vector<ResultSeries> series;
  std::string text;
  TimeMs at = 0;
  std::vector<std::string> warnings;  // each once; "PromQL warning: ... (1:5)"
  std::vector<std::string> infos;     // each once; "PromQL info: ... (1:5)"
  QueryStats stats;
};

using Result = std::expected<QueryResult, QueryError>;

}  // namespace tacho::query
