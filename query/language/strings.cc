#include "query/language/strings.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <cstdint>

#include "proto/base/number.h"

namespace tacho::query {
namespace {

void append_utf8(std::string& out, std::uint32_t rune) {
  if (rune < 0x80) {
    out += static_cast<char>(rune);
  } else if (rune < 0x800) {
    out += static_cast<char>(0xC0 | (rune >> 6));
    out += static_cast<char>(0x80 | (rune & 0x3F));
  } else if (rune < 0x10000) {
    out += static_cast<char>(0xE0 | (rune >> 12));
    out += static_cast<char>(0x80 | ((rune >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (rune & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | (rune >> 18));
    out += static_cast<char>(0x80 | ((rune >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((rune >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (rune & 0x3F));
  }
}

char simple_escape(char c, char quote) {
  switch (c) {
    case 'a': return '\a';
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'v': return '\v';
    case '\\': return '\\';
    default: return c == quote ? quote : '\0';
  }
}

std::optional<std::uint32_t> digits(std::string_view body, std::size_t at, std::size_t count, int base) {
  if (at + count > body.size()) return std::nullopt;
  std::uint32_t v = 0;
  const auto [p, ec] = std::from_chars(body.data() + at, body.data() + at + count, v, base);
  if (ec != std::errc{} || p != body.data() + at + count) return std::nullopt;
  return v;
}

}  // namespace

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  }
  return out;
}

std::optional<std::string> unescape(std::string_view body, char quote) {
  std::string out;
  for (std::size_t i = 0; i < body.size();) {
    if (body[i] != '\\') {
      out += body[i++];
      continue;
    }
    if (++i == body.size()) return std::nullopt;
    const char c = body[i];
    if (const char plain = simple_escape(c, quote)) {
      out += plain;
      ++i;
      continue;
    }
    const bool octal = c >= '0' && c <= '7';
    const std::size_t count = octal ? 3 : c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
    if (count == 0) return std::nullopt;
    if (!octal) ++i;
    const auto v = digits(body, i, count, octal ? 8 : 16);
    if (!v) return std::nullopt;
    const bool is_byte = octal || c == 'x';
    const bool surrogate = *v >= 0xD800 && *v < 0xE000;
    if (is_byte ? *v > 255 : (*v > 0x10FFFF || surrogate)) return std::nullopt;
    if (is_byte) {
      out += static_cast<char>(*v);
    } else {
      append_utf8(out, *v);
    }
    i += count;
  }
  return out;
}

std::string go_quoted(std::string_view value) {
  std::string out = "\"";
  for (const char c : value) {
    switch (c) {
      case '\a': out += "\\a"; break;
      case '\b': out += "\\b"; break;
      case '\f': out += "\\f"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      case '\v': out += "\\v"; break;
      case '\\': out += "\\\\"; break;
      case '"': out += "\\\""; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
          out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
        } else {
          out += c;
        }
    }
  }
  return out + '"';
}

std::string go_general(double v) {
  std::string out;
  append_text_number(out, v);
  return out;
}

std::string go_fixed(double v) {
  if (std::isnan(v)) return "NaN";
  if (std::isinf(v)) return v > 0 ? "+Inf" : "-Inf";
  char buffer[400];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, v, std::chars_format::fixed).ptr;
  return std::string(buffer, end);
}

}  // namespace tacho::query
