// The HTTP API's answers as text: the envelope, query results, errors. Byte for byte what Prometheus 3 writes.
//
// Threads  any.   Errors  none.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "query/engine/result.h"
#include "query/json/text.h"

namespace tacho::query {

// How long a query took and what it read: the answer's "stats", where the client asked for them.
struct QueryTimings {
  double queue_seconds = 0;
  double prepare_seconds = 0;
  double total_seconds = 0;
};

// {"status":"success","data":{"resultType":...}} or {"status":"error",...}: the whole body, also of `tacho query
// --format json`.
std::string api_json(const Result& result, const QueryTimings* stats = nullptr);

// {"status":"error","errorType":"bad_data","error":"..."}
std::string api_error_json(std::string_view error_type, std::string_view message);

// As the API puts it: a text that cannot be read names the parameter, invalid parameter "query": 1:5: parse error:
// ...
std::string api_message(const QueryError& error);
int api_status(ErrorKind kind);

// {"status":"success","data": ... what `write_data` writes ... }, with warnings and infos where there are any.
template <class WriteData>
std::string api_success_json(WriteData&& write_data, std::span<const std::string> warnings = {},
                             std::span<const std::string> infos = {}) {
  JsonText out;
  out.raw(R"({"status":"success","data":)");
  write_data(out);
  if (!warnings.empty()) {
    out.raw(R"(,"warnings":)");
    out.strings(warnings);
  }
  if (!infos.empty()) {
    out.raw(R"(,"infos":)");
    out.strings(infos);
  }
  out.raw('}');
  return out.take();
}

}  // namespace tacho::query
