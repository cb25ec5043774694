#include "query/events/sentence.h"

#include <algorithm>

#include "proto/base/duration.h"
#include "proto/base/number.h"

namespace tacho::query {
namespace {

std::string counted(double count, std::string_view forms) {  // "process|processes"
  const std::size_t bar = forms.find('|');
  return api_number(count) + " " + std::string(count == 1 ? forms.substr(0, bar) : forms.substr(bar + 1));
}

// A length in whole seconds where it has any; "for 0s" tells nobody anything.
std::string length_of(const Event& e) {
  if (!e.is_episode || e.ongoing || e.began_earlier) return "";
  const std::int64_t ms = e.end - e.time;
  return " for " + format_duration(ms >= 1000 ? (ms + 500) / 1000 * 1000 : ms);
}

std::string words(std::string_view label) {
  std::string out(label);
  std::replace(out.begin(), out.end(), '_', ' ');
  return out;
}

std::string value_of(std::string_view name, const Event& e) {
  if (name == "device") return e.device;
  if (name == "count") return api_number(e.count);
  if (name == "times") return e.count == 1 ? "" : " " + api_number(e.count) + " times";
  if (name == "for") return length_of(e);
  if (name.starts_with("count|")) return counted(e.count, name.substr(6));
  if (name.starts_with("words ")) return words(e.labels.get(name.substr(6)));
  return std::string(e.labels.get(name));
}

}  // namespace

std::string event_sentence(std::string_view text, const Event& event) {
  std::string out;
  while (!text.empty()) {
    const std::size_t open = text.find('{');
    out += text.substr(0, open);
    if (open == std::string_view::npos) break;
    const std::size_t close = text.find('}', open);
    out += value_of(text.substr(open + 1, close - open - 1), event);
    text.remove_prefix(close + 1);
  }
  return out;
}

}  // namespace tacho::query
