#include "query/api/json.h"

#include <fmt/format.h>

#include "proto/base/number.h"

namespace tacho::query {
namespace {

// Scalars and strings: [1435781451.5,"1"], the time as a plain JSON number (unlike points' times, without trailing
// zeros).
void write_single(JsonText& out, TimeMs t, std::string_view text, bool is_string) {
  std::string time;
  append_seconds(time, t);
  out.raw('[');
  out.raw(time);
  out.raw(',');
  if (is_string) {
    out.string(text);
  } else {
    out.raw('"');
    out.raw(text);
    out.raw('"');
  }
  out.raw(']');
}

void write_series(JsonText& out, const ResultSeries& s, bool is_vector) {
  out.raw(R"({"metric":)");
  out.labels(s.labels);
  if (is_vector) {
    out.raw(R"(,"value":)");
    out.point(s.points.front());
  } else {
    out.raw(R"(,"values":)");
    out.points(s.points);
  }
  out.raw('}');
}

void write_result(JsonText& out, const QueryResult& r) {
  if (r.type == ValueType::string) return write_single(out, r.at, r.text, true);
  if (r.type == ValueType::scalar) {
    const bool empty = r.series.empty() || r.series[0].points.empty();
    const Sample s = empty ? Sample{r.at, normal_nan()} : r.series[0].points[0];
    return write_single(out, s.t, api_number(s.v), false);
  }
  constexpr std::size_t kSeriesBytes = 128, kPointBytes = 32;  // usual ones
  std::size_t bytes = r.series.size() * kSeriesBytes;
  for (const ResultSeries& s : r.series) bytes += s.points.size() * kPointBytes;
  out.expect(bytes);
  out.raw('[');
  bool first = true;
  for (const ResultSeries& s : r.series) {
    if (s.points.empty()) continue;
    if (!std::exchange(first, false)) out.raw(',');
    write_series(out, s, r.type == ValueType::vector);
  }
  out.raw(']');
}

void write_stats(JsonText& out, const QueryResult& r, const QueryTimings& t) {
  const double evaluated = t.total_seconds - t.prepare_seconds;
  const auto timing = [&out](std::string_view name, double seconds) {
    out.raw(name);
    out.number(seconds);
  };
  timing(R"({"timings":{"evalTotalTime":)", evaluated);
  timing(R"(,"resultSortTime":)", 0);
  timing(R"(,"queryPreparationTime":)", t.prepare_seconds);
  timing(R"(,"innerEvalTime":)", evaluated);
  timing(R"(,"execQueueTime":)", t.queue_seconds);
  timing(R"(,"execTotalTime":)", t.queue_seconds + t.total_seconds);
  out.raw(R"(},"samples":{"totalQueryableSamples":)");
  out.integer(static_cast<std::int64_t>(r.stats.samples_selected));
  out.raw(R"(,"peakSamples":)");
  out.integer(static_cast<std::int64_t>(r.stats.samples_selected));
  out.raw("}}");
}

}  // namespace

int api_status(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::bad_data: return 400;
    case ErrorKind::execution: return 422;
    case ErrorKind::timeout: return 503;
    case ErrorKind::canceled: break;
  }
  return 499;
}

std::string api_message(const QueryError& error) {
  const std::string& m = error.message;
  if (error.kind != ErrorKind::bad_data || m.starts_with("exceeded maximum resolution")) return m;
  const char* parameter = m.starts_with("end timestamp") ? "end" : m.starts_with("zero or negative query") ? "step" : "query";
  return fmt::format("invalid parameter \"{}\": {}", parameter, m);
}

std::string api_error_json(std::string_view error_type, std::string_view message) {
  JsonText out;
  out.raw(R"({"status":"error","errorType":)");
  out.string(error_type);
  out.raw(R"(,"error":)");
  out.string(message);
  out.raw('}');
  return out.take();
}

std::string api_json(const Result& result, const QueryTimings* stats) {
  if (!result) return api_error_json(error_kind_name(result.error().kind), api_message(result.error()));
  const auto data = [&](JsonText& out) {
    out.raw(R"({"resultType":")");
    out.raw(value_type_name(result->type));
    out.raw(R"(","result":)");
    write_result(out, *result);
    if (stats) {
      out.raw(R"(,"stats":)");
      write_stats(out, *result, *stats);
    }
    out.raw('}');
  };
  return api_success_json(data, result->warnings, result->infos);
}

}  // namespace tacho::query
