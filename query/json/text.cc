#include "query/json/text.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>

#include "proto/base/number.h"
#include "proto/base/utf8.h"

namespace tacho::query {
namespace {

constexpr char kHex[] = "0123456789abcdef";

// Seconds with no fraction or three digits of it.
char* write_time(char* to, TimeMs t) {
  if (t < 0) *to++ = '-';
  const std::uint64_t a = t < 0 ? 0 - static_cast<std::uint64_t>(t) : static_cast<std::uint64_t>(t);
  to = std::to_chars(to, to + 20, a / 1000).ptr;
  const unsigned ms = static_cast<unsigned>(a % 1000);
  if (ms == 0) return to;
  *to++ = '.';
  *to++ = static_cast<char>('0' + ms / 100);
  *to++ = static_cast<char>('0' + ms / 10 % 10);
  *to++ = static_cast<char>('0' + ms % 10);
  return to;
}

}  // namespace

void JsonText::grow(std::size_t n) {
  const std::size_t size = std::max<std::size_t>({text_.size() * 2, used_ + n, 4096});
  text_.resize_and_overwrite(size, [](char*, std::size_t whole) { return whole; });
}

// Memory that was expected and not needed stays with the text: an answer lives no longer than its sending.
std::string JsonText::take() {
  text_.resize(used_);
  used_ = 0;
  last_size_ = 0;
  return std::exchange(text_, {});
}

void JsonText::integer(std::int64_t v) {
  char* const to = room(24);
  used_ += static_cast<std::size_t>(std::to_chars(to, to + 24, v).ptr - to);
}

void JsonText::number(double v) {
  if (!std::isfinite(v)) return raw("null");
  char* const to = room(kApiNumberBytes);
  used_ += static_cast<std::size_t>(write_api_number(to, v) - to);
}

// Requires: `to` lies in text_ and has room for kApiNumberBytes. As a string.
char* JsonText::write_value(char* to, double v) {
  const auto bits = std::bit_cast<std::uint64_t>(v);
  if (bits == last_bits_ && last_size_ > 0) {
    std::array<char, kApiNumberBytes> text;  // they may overlap
    std::memcpy(text.data(), text_.data() + last_at_, text.size());
    std::memcpy(to, text.data(), text.size());
    return to + last_size_;
  }
  char* const end = write_api_number(to, v);
  last_bits_ = bits;
  last_at_ = static_cast<std::size_t>(to - text_.data());
  last_size_ = static_cast<std::size_t>(end - to);
  return end;
}

void JsonText::point(const Sample& s) {
  char* to = room(2 * kApiNumberBytes);
  char* const first = to;
  *to++ = '[';
  to = write_time(to, s.t);
  *to++ = ',';
  *to++ = '"';
  to = write_value(to, s.v);
  *to++ = '"';
  *to++ = ']';
  used_ += static_cast<std::size_t>(to - first);
}

void JsonText::point_by_point(const Points& list) {
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (i > 0) raw(',');
    point(list[i]);
  }
}

// The texts of the times of this list, at least.
void JsonText::print_times(const Points& list) {
  if (list.start() != times_start_ || list.step() != times_step_) times_.clear();
  times_start_ = list.start();
  times_step_ = list.step();
  while (times_.size() < list.size()) {
    TimeText& time = times_.emplace_back();
    char* end = time.text.data();
    *end++ = '[';
    end = write_time(end, list.time(times_.size() - 1));
    *end++ = ',';
    *end++ = '"';
    time.size = static_cast<std::uint8_t>(end - time.text.data());
  }
}

void JsonText::points(const Points& list) {
  raw('[');
  if (!list.even() || list.size() > kTimesKept || list.size() < 2) {
    point_by_point(list);
    return raw(']');
  }
  print_times(list);
  const auto values = list.values();
  for (std::size_t i = 0; i < values.size(); ++i) {
    const TimeText& time = times_[i];
    char* to = room(2 * kApiNumberBytes);
    char* const first = to;
    std::memcpy(to, &time, sizeof time);
    to = write_value(to + time.size, values[i]);
    std::memcpy(to, "\"],", 3);
    used_ += static_cast<std::size_t>(to - first) + 3;
  }
  --used_;  // the last comma
  raw(']');
}

void JsonText::labels(const Labels& l) {
  raw('{');
  bool first = true;
  for (const Label& pair : l) {
    if (!std::exchange(first, false)) raw(',');
    label_string(pair.name);
    raw(':');
    label_string(pair.value);
  }
  raw('}');
}

void JsonText::quoted_text(std::string_view s, bool escape_html) {
  raw('"');
  while (!s.empty()) {
    const auto plain = std::find_if(s.begin(), s.end(), [escape_html](char c) {
      const auto u = static_cast<unsigned char>(c);
      return u < 0x20 || u >= 0x80 || c == '"' || c == '\\' || (escape_html && (c == '<' || c == '>' || c == '&'));
    });
    const auto n = static_cast<std::size_t>(plain - s.begin());
    raw(s.substr(0, n));
    s.remove_prefix(n);
    if (s.empty()) break;
    const auto u = static_cast<unsigned char>(s[0]);
    std::size_t taken = 1;
    if (u >= 0x80) {
      const std::size_t size = utf8_sequence_bytes(s);
      const bool line_separator = escape_html && (s.starts_with("\xe2\x80\xa8") || s.starts_with("\xe2\x80\xa9"));
      taken = std::max<std::size_t>(size, 1);
      if (size == 0) {
        raw("\\ufffd");
      } else if (line_separator) {
        raw(s[2] == '\xa8' ? "\\u2028" : "\\u2029");
      } else {
        raw(s.substr(0, size));
      }
    } else if (s[0] == '"' || s[0] == '\\') {
      raw('\\');
      raw(s[0]);
    } else if (s[0] == '\n' || s[0] == '\r' || s[0] == '\t') {
      raw(s[0] == '\n' ? "\\n" : s[0] == '\r' ? "\\r" : "\\t");
    } else {
      raw("\\u00");
      raw(kHex[u >> 4]);
      raw(kHex[u & 15]);
    }
    s.remove_prefix(taken);
  }
  raw('"');
}

}  // namespace tacho::query
