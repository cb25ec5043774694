#include "store/shipping/ship_cursor.h"

#include <sys/stat.h>
#include <xxhash.h>

#include <cerrno>

#include "proto/base/file.h"
#include "proto/base/number.h"

namespace tacho::store {
namespace {

constexpr std::string_view kFirstLine = "tacho ship cursor 1\n";

std::uint64_t checksum(std::string_view text) { return XXH3_64bits(text.data(), text.size()); }

// Two endpoint names that differ must not share a file: where a character was replaced, the name's hash keeps them
// apart.
std::string file_name(std::string_view endpoint) {
  std::string name;
  bool replaced = false;
  for (const char c : endpoint) {
    const bool fits =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
    name += fits ? c : '_';
    replaced |= !fits;
  }
  if (name.size() > 64) {
    name.resize(64);
    replaced = true;
  }
  if (replaced) name += fmt::format("-{:016x}", checksum(endpoint));
  return "ship-" + name + ".cursor";
}

// Takes "KEY value\n" off the front of the text.
std::optional<std::string_view> take_line(std::string_view& text, std::string_view key) {
  if (!text.starts_with(key) || text.size() <= key.size() || text[key.size()] != ' ') return std::nullopt;
  const auto end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const auto value = text.substr(key.size() + 1, end - key.size() - 1);
  text.remove_prefix(end + 1);
  return value;
}

}  // namespace

ShipCursor::ShipCursor(const std::string& folder, std::string endpoint)
    : endpoint_(std::move(endpoint)), path_(folder + "/" + file_name(endpoint_)) {
  for (char& c : endpoint_) {
    if (c == '\n') c = ' ';
  }
}

std::string ShipCursor::outbox_folder() const { return path_.substr(0, path_.rfind('.')) + ".outbox"; }

Result<std::optional<TimeMs>> ShipCursor::load() const {
  struct ::stat info{};
  if (::stat(path_.c_str(), &info) != 0 && errno == ENOENT) return std::nullopt;
  const auto text = read_file(path_);
  if (!text) return std::unexpected(text.error());
  const auto broken = [this](std::string_view what) {
    return failure("{} is no ship cursor: {}; remove it to go on with the current minute", path_, what);
  };
  std::string_view rest = *text;
  if (!rest.starts_with(kFirstLine)) return broken("its first line is unknown");
  rest.remove_prefix(kFirstLine.size());
  if (!take_line(rest, "endpoint")) return broken("the line 'endpoint' is missing");
  const auto end = take_line(rest, "window_end_ms");
  const auto t = end ? parse_int(*end) : std::nullopt;
  if (!t || *t < 0) return broken("the line 'window_end_ms' is missing or holds no time");
  const std::string_view body = std::string_view(*text).substr(0, text->size() - rest.size());
  const auto sum = take_line(rest, "checksum");
  if (!sum || !rest.empty()) return broken("it is torn");
  if (*sum != fmt::format("{:016x}", checksum(body))) return broken("its checksum is wrong");
  return *t;
}

Result<void> ShipCursor::save(TimeMs window_end) const {
  std::string text = fmt::format("{}endpoint {}\nwindow_end_ms {}\n", kFirstLine, endpoint_, window_end);
  text += fmt::format("checksum {:016x}\n", checksum(text));
  return replace_file(path_, text);
}

}  // namespace tacho::store
