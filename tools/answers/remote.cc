#include "tools/answers/remote.h"

#include <boost/json.hpp>

#include "proto/base/number.h"
#include "proto/exposition.h"
#include "proto/http_client.h"
#include "tools/config/prometheus_config.h"

namespace tacho::tools {
namespace {

namespace json = boost::json;

// What the server itself says was wrong: in the API's form, or as a line of text.
std::string error_text(const HttpResponse& answer) {
  boost::system::error_code ec;
  const json::value v = json::parse(answer.body, ec);
  if (!ec && v.is_object()) {
    if (const json::value* e = v.as_object().if_contains("error"); e != nullptr && e->is_string())
      return std::string(e->as_string());
  }
  const std::string line = answer.body.substr(0, answer.body.find('\n'));
  const bool is_text = !line.empty() && line.size() < 500 && line.front() != '<';
  return is_text ? fmt::format("status {}: {}", answer.status, line) : fmt::format("status {}", answer.status);
}

// The envelope, which has data.
Result<json::object> envelope_of(const std::string& body) {
  boost::system::error_code ec;
  json::value v = json::parse(body, ec);
  if (ec) return failure("the answer is no JSON: {}", ec.message());
  if (!v.is_object() || !v.as_object().contains("data")) return failure("the answer has no data: {}", body.substr(0, 200));
  return std::move(v.as_object());
}

Result<json::value> data_of(const std::string& body) {
  auto envelope = envelope_of(body);
  if (!envelope) return std::unexpected(envelope.error());
  return std::move((*envelope)["data"]);
}

Labels labels_of(const json::object& metric) {
  std::vector<Label> labels;
  for (const auto& [name, value] : metric) {
    if (value.is_string()) labels.push_back({std::string(name), std::string(value.as_string())});
  }
  return Labels(std::move(labels));
}

Result<Sample> sample_of(const json::value& point) {
  if (!point.is_array() || point.as_array().size() != 2 || !point.as_array()[1].is_string())
    return failure("a point is not [time, \"value\"]");
  boost::system::error_code ec;
  const double seconds = point.as_array()[0].to_number<double>(ec);
  const auto& text = point.as_array()[1].as_string();
  const auto value = parse_number(std::string_view(text.data(), text.size()));
  if (ec || !value) return failure("a point's value is no number");
  return Sample{static_cast<TimeMs>(seconds * 1000 + (seconds < 0 ? -0.5 : 0.5)), *value};
}

Result<void> add_series(const json::value& entry, query::QueryResult& out) {
  if (!entry.is_object()) return failure("a result is no object");
  const json::object& o = entry.as_object();
  query::ResultSeries series;
  if (const json::value* m = o.if_contains("metric"); m != nullptr && m->is_object()) series.labels = labels_of(m->as_object());
  const auto add = [&](const json::value& point) -> Result<void> {
    auto s = sample_of(point);
    if (!s) return std::unexpected(s.error());
    series.points.push_back(*s);
    return {};
  };
  if (const json::value* v = o.if_contains("value")) {
    if (auto ok = add(*v); !ok) return ok;
  }
  if (const json::value* vs = o.if_contains("values"); vs != nullptr && vs->is_array()) {
    for (const json::value& v : vs->as_array()) {
      if (auto ok = add(v); !ok) return ok;
    }
  }
  // A series of native histograms alone has no points that can be shown.
  if (!series.points.empty()) out.series.push_back(std::move(series));
  return {};
}

void add_notes(const json::object& root, const char* member, std::vector<std::string>& out) {
  const json::value* list = root.if_contains(member);
  if (list == nullptr || !list->is_array()) return;
  for (const json::value& note : list->as_array()) {
    if (note.is_string()) out.emplace_back(note.as_string());
  }
}

// The body of a 2xx answer.
Result<std::string> send(const std::string& method, const std::string& url, const std::string& path, const Params& headers,
                         const std::string& body, std::int64_t timeout_ms, int* status = nullptr) {
  if (status != nullptr) *status = 0;
  auto parsed = parse_url(url);
  if (!parsed) return std::unexpected(parsed.error());
  std::string base = parsed->target;
  while (!base.empty() && base.back() == '/') base.pop_back();
  HttpClient client(std::move(*parsed));
  auto answer = client.send(method, base + path, headers, body, timeout_ms, 1u << 30);
  if (!answer) return std::unexpected(answer.error());
  if (status != nullptr) *status = answer->status;
  if (answer->status / 100 != 2) return failure("{} says: {}", url, error_text(*answer));
  return std::move(answer->body);
}

std::string text_of(const json::object& o, std::string_view key) {
  const json::value* v = o.if_contains(key);
  return v != nullptr && v->is_string() ? std::string(v->as_string()) : std::string();
}

}  // namespace

Result<std::string> ask(const std::string& url, const std::string& path, const Params& params, std::int64_t timeout_ms,
                        int* status) {
  std::string form;
  for (const auto& [k, v] : params) form += (form.empty() ? "" : "&") + url_encode(k) + "=" + url_encode(v);
  // What takes no parameters takes no POST either.
  Params headers;
  if (!params.empty()) headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
  return send(params.empty() ? "GET" : "POST", url, path, headers, form, timeout_ms, status);
}

Result<query::QueryResult> parse_answer(const std::string& body) {
  const auto envelope = envelope_of(body);
  if (!envelope) return std::unexpected(envelope.error());
  const json::value& data = envelope->at("data");
  if (!data.is_object()) return failure("the answer's data is no object");
  const json::object& o = data.as_object();
  const json::value* type = o.if_contains("resultType");
  const json::value* result = o.if_contains("result");
  if (type == nullptr || !type->is_string() || result == nullptr || !result->is_array())
    return failure("the answer has no result");
  query::QueryResult out;
  add_notes(*envelope, "warnings", out.warnings);
  add_notes(*envelope, "infos", out.infos);
  const json::array& rows = result->as_array();
  if (type->as_string() == "scalar") {
    out.type = query::ValueType::scalar;
    auto s = sample_of(*result);
    if (!s) return std::unexpected(s.error());
    out.series.emplace_back().points.push_back(*s);
    return out;
  }
  if (type->as_string() == "string") {
    out.type = query::ValueType::string;
    if (rows.size() == 2 && rows[1].is_string()) out.text = std::string(rows[1].as_string());
    return out;
  }
  out.type = type->as_string() == "matrix" ? query::ValueType::matrix : query::ValueType::vector;
  for (const json::value& entry : rows) {
    if (auto ok = add_series(entry, out); !ok) return std::unexpected(ok.error());
  }
  return out;
}

Result<std::vector<Labels>> parse_series_answer(const std::string& body) {
  const auto envelope = envelope_of(body);
  if (!envelope) return std::unexpected(envelope.error());
  const json::value& data = envelope->at("data");
  if (!data.is_array()) return failure("the answer's data is no list");
  std::vector<Labels> out;
  for (const json::value& v : data.as_array()) {
    if (v.is_object()) out.push_back(labels_of(v.as_object()));
  }
  return out;
}

Result<std::vector<store::MetricMetadata>> parse_metadata_answer(const std::string& body) {
  const auto data = data_of(body);
  if (!data) return std::unexpected(data.error());
  if (!data->is_object()) return failure("the answer's data is no object");
  std::vector<store::MetricMetadata> out;
  for (const auto& [name, told] : data->as_object()) {
    if (!told.is_array() || told.as_array().empty() || !told.as_array()[0].is_object()) continue;
    const json::object& o = told.as_array()[0].as_object();
    out.push_back({std::string(name), parse_metric_type(text_of(o, "type")).value_or(MetricType::unknown), text_of(o, "help"),
                   text_of(o, "unit")});
  }
  return out;
}

Result<Labels> parse_config_answer(const std::string& body) {
  const auto data = data_of(body);
  if (!data) return std::unexpected(data.error());
  if (!data->is_object()) return failure("the answer's data is no object");
  return prometheus_external_labels(text_of(data->as_object(), "yaml"));
}

Result<std::vector<ReadSeries>> ask_samples(const std::string& url, const ReadQuery& query) {
  const Params headers{
      {"Content-Type", "application/x-protobuf"}, {"Content-Encoding", "snappy"}, {"X-Prometheus-Remote-Read-Version", "0.1.0"}};
  const auto body = send("POST", url, "/api/v1/read", headers, encode_read_request({{query}}), kAskTimeoutMs);
  if (!body) return std::unexpected(body.error());
  auto read = decode_samples_response(*body);
  if (!read) return failure("{} answers what cannot be read: {}", url, read.error());
  return read;
}

}  // namespace tacho::tools
