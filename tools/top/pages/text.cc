#include "tools/top/pages/text.h"

#include <algorithm>
#include <ctime>

#include "tools/terminal/format.h"

namespace tacho::tools {
namespace {

bool begins_column(char c) { return (c & 0xc0) != 0x80; }

// The byte at which a column begins, or the end.
std::size_t byte_of(std::string_view utf8, std::size_t column) {
  std::size_t at = 0;
  for (std::size_t seen = 0; at < utf8.size(); ++at) {
    if (!begins_column(utf8[at])) continue;
    if (seen++ == column) break;
  }
  return at;
}

}  // namespace

TopStyle curve_style(std::size_t curve) { return static_cast<TopStyle>(static_cast<std::size_t>(TopStyle::curve0) + curve % 6); }

std::string TopPageLine::text() const {
  std::string out;
  for (const TopSpan& s : spans) out += s.text;
  return out;
}

std::size_t TopPageLine::width() const {
  std::size_t n = 0;
  for (const TopSpan& s : spans) n += columns(s.text);
  return n;
}

void TopPageLine::fit(std::size_t width) {
  std::size_t used = 0;
  for (TopSpan& s : spans) {
    const std::size_t n = columns(s.text);
    if (used + n > width) s.text.resize(byte_of(s.text, width - used));
    used = std::min(width, used + n);
  }
  if (used < width) spans.push_back({std::string(width - used, ' '), spans.empty() ? TopStyle::plain : spans.back().style});
}

std::size_t columns(std::string_view utf8) {
  return static_cast<std::size_t>(std::count_if(utf8.begin(), utf8.end(), begins_column));
}

std::string printable(std::string_view s) {
  std::string out;
  for (char c : s) out += c >= 0x20 && c < 0x7f ? c : '?';
  return out;
}

std::string fitted(const std::string& s, std::size_t width) {
  if (s.size() <= width) return s + std::string(width - s.size(), ' ');
  if (width < 5) return s.substr(0, width);
  const std::size_t tail = (width - 2) * 2 / 3;
  return s.substr(0, width - 2 - tail) + ".." + s.substr(s.size() - tail);
}

std::string right(const std::string& s, std::size_t width) {
  const std::size_t n = columns(s);
  return n >= width ? s : std::string(width - n, ' ') + s;
}

std::string time_text(TimeMs t, TimeMs now) {
  const std::time_t s = t / 1000, today = now / 1000;
  std::tm at{}, then{};
  ::localtime_r(&s, &at);
  ::localtime_r(&today, &then);
  const bool same_day = at.tm_year == then.tm_year && at.tm_yday == then.tm_yday;
  char text[32];
  std::strftime(text, sizeof text, same_day ? "%H:%M:%S" : "%Y-%m-%d %H:%M:%S", &at);
  return text;
}

std::string ago_text(TimeMs t, TimeMs now) {
  const TimeMs ago = now / 1000 - t / 1000;
  return ago <= 0 ? "now" : format_span(static_cast<double>(ago)) + " ago";
}

void add_with_cursor(TopPageLine& line, const std::string& utf8, TopStyle style, std::size_t cursor_column) {
  if (cursor_column >= columns(utf8)) return line.add(utf8, style);
  const std::size_t begin = byte_of(utf8, cursor_column), end = byte_of(utf8, cursor_column + 1);
  if (begin > 0) line.add(utf8.substr(0, begin), style);
  line.add(utf8.substr(begin, end - begin), TopStyle::cursor);
  if (end < utf8.size()) line.add(utf8.substr(end), style);
}

}  // namespace tacho::tools
