#include "tools/config/instance_file.h"

#include <boost/json.hpp>

#include "proto/base/file.h"
#include "proto/base/number.h"

namespace tacho::tools {
namespace {

namespace json = boost::json;

std::string trimmed_line(std::string_view text) {
  text = text.substr(0, text.find('\n'));
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return "";
  return std::string(text.substr(first, text.find_last_not_of(" \t\r") - first + 1));
}

Result<std::string> text_of(const json::value& v, std::string_view where) {
  if (v.is_string()) return std::string(v.as_string());
  if (v.is_bool()) return std::string(v.as_bool() ? "true" : "false");
  if (v.is_int64()) return std::to_string(v.as_int64());
  if (v.is_uint64()) return std::to_string(v.as_uint64());
  if (v.is_number()) return api_number(v.to_number<double>());
  return failure("{} is no text, number or truth value", where);
}

}  // namespace

Result<std::string> read_instance_value(std::string_view where) {
  const auto hash = where.find('#');
  const std::string path(where.substr(0, hash));
  const auto text = read_file(path);
  if (!text) return std::unexpected(text.error());
  if (text->size() > kInstanceFileMax) return failure("{} is larger than {} bytes", path, kInstanceFileMax);
  if (hash == std::string_view::npos) return trimmed_line(*text);
  boost::system::error_code ec;
  const json::value root = json::parse(*text, ec);
  if (ec) return failure("{} is no JSON: {}", path, ec.message());
  const json::value* at = &root;
  std::string_view members = where.substr(hash + 1);
  while (!members.empty()) {
    const std::string_view name = members.substr(0, members.find('.'));
    members.remove_prefix(std::min(name.size() + 1, members.size()));
    at = at->is_object() ? at->as_object().if_contains(json::string_view(name.data(), name.size())) : nullptr;
    if (at == nullptr) return failure("{} has no member '{}' ({})", path, name, where.substr(hash + 1));
  }
  return text_of(*at, where);
}

}  // namespace tacho::tools
