#include "query/events/event_json.h"

#include <fmt/format.h>

#include "query/json/object.h"

namespace tacho::query {

void write_event(JsonText& out, const Event& event) {
  JsonObject o(out);
  o.seconds("time", event.time);
  o.text("kind", event.kind);
  o.text("severity", severity_name(event.severity));
  o.key("device").string(event.device);
  o.text("text", event.text);
  o.number("count", event.count);
  if (event.is_episode && !event.ongoing) o.seconds("end", event.end);
  if (event.ongoing) o.flag("ongoing", true);
  if (event.began_earlier) o.flag("began_earlier", true);
  o.key("labels").labels(event.labels);
}

void write_events(JsonText& out, const std::vector<Event>& events) {
  write_list(out, events, [&out](const Event& e) { write_event(out, e); });
}

std::string events_warning(const EventList& list) {
  if (list.left_out == 0) return "";
  return fmt::format("{} older event{} left out; ask for a shorter time, or raise limit", list.left_out,
                     list.left_out == 1 ? " is" : "s are");
}

}  // namespace tacho::query
