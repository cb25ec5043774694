// Reading numbers and words out of the kernel's text files, in place.
//
// Shape    a cursor is a string_view that the functions shorten from the front; what they return points into the same text.
// Cost     no allocation, one pass. Inline, because a tick runs these over some ten thousand bytes.
// Errors   a word that is not the number asked for is consumed and reported as nullopt: the columns after it stay in step.
// Threads  any.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <string_view>

namespace tacho::sampler {

constexpr bool is_blank(char c) { return c == ' ' || c == '\t'; }
// A blank or an end of line.
constexpr bool is_space(char c) { return is_blank(c) || c == '\n' || c == '\r'; }

// Without the spaces around it.
constexpr std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

// Letters, digits and underscores: what can stand in a metric's name behind its beginning.
constexpr bool is_name_part(std::string_view text) {
  for (const char c : text) {
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_')) return false;
  }
  return true;
}

inline void skip_blanks(std::string_view& rest) {
  std::size_t i = 0;
  while (i < rest.size() && is_blank(rest[i])) ++i;
  rest.remove_prefix(i);
}

// The next run of non-blanks; empty at the end.
inline std::string_view take_word(std::string_view& rest) {
  skip_blanks(rest);
  std::size_t i = 0;
  while (i < rest.size() && !is_blank(rest[i])) ++i;
  std::string_view word = rest.substr(0, i);
  rest.remove_prefix(i);
  return word;
}

// The next word as an unsigned decimal that fits 64 bits.
inline std::optional<std::uint64_t> take_u64(std::string_view& rest) {
  skip_blanks(rest);
  constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t value = 0;
  std::size_t i = 0;
  bool fits = true;
  for (; i < rest.size(); ++i) {
    unsigned digit = static_cast<unsigned char>(rest[i]) - static_cast<unsigned>('0');
    if (digit > 9) break;
    fits = fits && (value < kMax / 10 || (value == kMax / 10 && digit <= kMax % 10));
    value = value * 10 + digit;
  }
  bool number = i > 0 && fits && (i == rest.size() || is_blank(rest[i]));
  while (i < rest.size() && !is_blank(rest[i])) ++i;
  rest.remove_prefix(i);
  return number ? std::optional(value) : std::nullopt;
}

// A word as an unsigned hexadecimal number of 64 bits, in either case and without "0x".
inline std::optional<std::uint64_t> hex_u64(std::string_view word) {
  std::uint64_t value = 0;
  auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value, 16);
  if (error != std::errc{} || end != word.data() + word.size()) return std::nullopt;
  return value;
}

// The next word as such a number.
inline std::optional<std::uint64_t> take_hex_u64(std::string_view& rest) { return hex_u64(take_word(rest)); }

// The next word as a decimal fraction ("0.33").
inline std::optional<double> take_double(std::string_view& rest) {
  std::string_view word = take_word(rest);
  // No sign, no "inf", no "nan": from_chars would take them.
  if (word.empty() || word[0] < '0' || word[0] > '9') return std::nullopt;
  double value = 0;
  auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value, std::chars_format::fixed);
  if (error != std::errc{} || end != word.data() + word.size()) return std::nullopt;
  return value;
}

// The text up to `separator`, which is consumed too; all that is left when there is none.
inline std::string_view take_until(std::string_view& rest, char separator) {
  std::size_t at = rest.find(separator);
  std::string_view head = rest.substr(0, at);
  rest.remove_prefix(at == std::string_view::npos ? rest.size() : at + 1);
  return head;
}

// The lines of a text, one by one.
//
// A last line without its newline may have been cut anywhere, so its last word cannot be trusted: "12" may have been
// "1234". That word is left out of the line, and whole() is false.
class Lines {
 public:
  explicit Lines(std::string_view text) : rest_(text) {}

  bool next() {
    if (rest_.empty()) return false;
    const void* newline = std::memchr(rest_.data(), '\n', rest_.size());
    if (newline) {
      std::size_t length = static_cast<std::size_t>(static_cast<const char*>(newline) - rest_.data());
      line_ = rest_.substr(0, length);
      rest_.remove_prefix(length + 1);
      return true;
    }
    whole_ = false;
    line_ = rest_;
    rest_ = {};
    while (!line_.empty() && !is_blank(line_.back())) line_.remove_suffix(1);
    while (!line_.empty() && is_blank(line_.back())) line_.remove_suffix(1);
    return true;
  }

  std::string_view line() const { return line_; }
  // Requires: next() was called. False once the cut line has been handed out.
  bool whole() const { return whole_; }

 private:
  std::string_view rest_;
  std::string_view line_;
  bool whole_ = true;
};

}  // namespace tacho::sampler
