// JSON's objects and lists written front to back: the commas between members.
//
// Lifetime an object is complete when it is destroyed. What a member holds is written right after its key().
// Threads  one owner.   Errors  none. A text that is empty and a number that is not there make no member.
#pragma once

#include <optional>
#include <string_view>
#include <utility>

#include "query/json/text.h"

namespace tacho::query {

class JsonObject {
 public:
  explicit JsonObject(JsonText& out) : out_(out) { out_.raw('{'); }
  ~JsonObject() { out_.raw('}'); }
  JsonObject(const JsonObject&) = delete;
  JsonObject& operator=(const JsonObject&) = delete;

  JsonText& key(std::string_view name) {
    if (!first_) out_.raw(',');
    first_ = false;
    out_.string(name);
    out_.raw(':');
    return out_;
  }
  void text(std::string_view name, std::string_view v) {
    if (!v.empty()) key(name).string(v);
  }
  void number(std::string_view name, double v) { key(name).number(v); }
  void number(std::string_view name, const std::optional<double>& v) {
    if (v) number(name, *v);
  }
  void seconds(std::string_view name, std::int64_t ms) { number(name, static_cast<double>(ms) / 1000); }
  void flag(std::string_view name, bool v) { key(name).raw(v ? "true" : "false"); }

 protected:
  JsonText& out_;

 private:
  bool first_ = true;
};

// [...], each item as `write` writes it.
template <class List, class Write>
void write_list(JsonText& out, const List& list, Write write) {
  out.raw('[');
  bool first = true;
  for (const auto& item : list) {
    if (!std::exchange(first, false)) out.raw(',');
    write(item);
  }
  out.raw(']');
}

}  // namespace tacho::query
