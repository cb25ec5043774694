#include "tools/answers/events.h"

#include <boost/json.hpp>
#include <cmath>

#include "proto/base/number.h"
#include "query/engine/engine.h"
#include "query/events/event_json.h"
#include "query/events/find_events.h"
#include "store/directory.h"
#include "store/identity/log.h"
#include "tools/agent/job_labels.h"
#include "tools/answers/data.h"
#include "tools/answers/remote.h"

namespace tacho::tools {
namespace {

namespace json = boost::json;

std::string seconds(TimeMs t) { return api_number(static_cast<double>(t) / 1000); }

store::TimeRange range_of(const EventsQuestion& q, TimeMs newest) {
  const TimeMs end = q.end.value_or(newest);
  return {q.start.value_or(end - q.last_ms), end};
}

std::string text_of(const json::object& o, std::string_view name) {
  const json::value* v = o.if_contains(name);
  return v != nullptr && v->is_string() ? std::string(v->as_string()) : std::string();
}

std::optional<double> number_of(const json::object& o, std::string_view name) {
  const json::value* v = o.if_contains(name);
  return v != nullptr && v->is_number() ? std::optional(v->to_number<double>()) : std::nullopt;
}

bool flag_of(const json::object& o, std::string_view name) {
  const json::value* v = o.if_contains(name);
  return v != nullptr && v->is_bool() && v->as_bool();
}

TimeMs time_of(double s) { return static_cast<TimeMs>(std::llround(s * 1000)); }

Result<query::Event> event_of(const json::value& v) {
  if (!v.is_object() || !number_of(v.as_object(), "time")) return failure("an event has no time");
  const json::object& o = v.as_object();
  query::Event e;
  e.time = time_of(*number_of(o, "time"));
  e.kind = text_of(o, "kind");
  const std::string severity = text_of(o, "severity");
  for (const auto known : {query::Severity::warning, query::Severity::error}) {
    if (severity == query::severity_name(known)) e.severity = known;
  }
  e.device = text_of(o, "device");
  e.text = text_of(o, "text");
  e.count = number_of(o, "count").value_or(1);
  e.ongoing = flag_of(o, "ongoing");
  e.began_earlier = flag_of(o, "began_earlier");
  const auto end = number_of(o, "end");
  e.is_episode = e.ongoing || end;
  if (end) e.end = time_of(*end);
  std::vector<Label> labels;
  if (const json::value* l = o.if_contains("labels"); l != nullptr && l->is_object()) {
    for (const auto& [name, value] : l->as_object()) {
      if (value.is_string()) labels.push_back({std::string(name), std::string(value.as_string())});
    }
  }
  e.labels = Labels(std::move(labels));
  return e;
}

Result<EventsAnswer> ask_agent(const DataChoice& data, const EventsQuestion& q) {
  const store::TimeRange range = range_of(q, system_clock().wall_ms());
  Params params{{"start", seconds(range.min)}, {"end", seconds(range.max)}};
  if (!q.matcher.empty()) params.emplace_back("match[]", q.matcher);
  if (q.limit) params.emplace_back("limit", std::to_string(*q.limit));
  const auto body = ask(*data.url, "/api/v1/events", params);
  if (!body) return std::unexpected(body.error());
  auto answer = parse_events_answer(*body);
  if (answer) answer->range = range;
  return answer;
}

}  // namespace

Result<EventsAnswer> parse_events_answer(const std::string& body) {
  boost::system::error_code ec;
  const json::value v = json::parse(body, ec);
  if (ec || !v.is_object()) return failure("the answer is no JSON object");
  const json::value* data = v.as_object().if_contains("data");
  if (data == nullptr || !data->is_array()) return failure("the answer has no list of events: {}", body.substr(0, 200));
  EventsAnswer out;
  for (const json::value& entry : data->as_array()) {
    auto e = event_of(entry);
    if (!e) return std::unexpected(e.error());
    out.events.push_back(std::move(*e));
  }
  const json::value* warnings = v.as_object().if_contains("warnings");
  if (warnings != nullptr && warnings->is_array() && !warnings->as_array().empty() && warnings->as_array()[0].is_string())
    out.warning = warnings->as_array()[0].as_string();
  return out;
}

Result<EventsAnswer> ask_events(const DataChoice& choice, const EventsQuestion& q) {
  if (choice.url) return ask_agent(choice, q);
  std::vector<std::vector<store::Matcher>> matches;
  if (!q.matcher.empty()) {
    auto parsed = query::parse_matchers(q.matcher);
    if (!parsed) return failure("{}", parsed.error().message);
    matches.push_back(std::move(*parsed));
  }
  const auto data = open_data(choice);
  if (!data) return std::unexpected(data.error());
  store::TimelineSource timeline;
  if (!choice.file) {
    const auto reader = std::make_shared<store::IdentityReader>(store::reader_dirs(choice.state, choice.runtime).state);
    timeline = [reader] { return reader->timeline(); };
  }
  query::EventLimits limits{.is_identity = identity_labels_of(timeline), .matches = matches};
  if (q.limit) limits.limit = static_cast<std::size_t>(*q.limit);
  const store::TimeRange range = range_of(q, q.end ? 0 : newest_time(**data, choice));
  auto found = query::find_events(**data, range, limits);
  if (!found) return std::unexpected(found.error());
  return EventsAnswer{range, std::move(found->events), query::events_warning(*found)};
}

}  // namespace tacho::tools
