// The grammar of a sample's line in exposition text, for exposition.cc and scraped_page.cc: one scanner that checks a
// line's series and, with other callbacks, takes the same text apart into labels; and what follows the series.
//
//   series = name [ "{" [ item { "," item } [ "," ] ] "}" ]     item = label "=" string | string (a quoted metric
//   name)
//
// Blanks (space, tab) are allowed between the parts, as Prometheus's own scrapers allow them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "proto/base/clock.h"

namespace tacho::exposition {

// Which part of a classic name a byte can be.
enum CharClass : std::uint8_t { kMetricStart = 1, kMetricPart = 2, kLabelStart = 4, kLabelPart = 8, kBlank = 16 };

inline constexpr auto kCharClass = [] {
  std::array<std::uint8_t, 256> t{};
  for (int c = 0; c < 256; ++c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    const bool digit = c >= '0' && c <= '9';
    std::uint8_t bits = 0;
    if (letter) bits |= kMetricStart | kMetricPart | kLabelStart | kLabelPart;
    if (c == ':') bits |= kMetricStart | kMetricPart;
    if (digit) bits |= kMetricPart | kLabelPart;
    if (c == ' ' || c == '\t') bits |= kBlank;
    t[static_cast<std::size_t>(c)] = bits;
  }
  return t;
}();

inline bool is(char c, std::uint8_t classes) { return (kCharClass[static_cast<unsigned char>(c)] & classes) != 0; }

// A name or a quoted text without its quotes, as written.
struct Token {
  std::string_view text;
  bool escaped = false;  // has a backslash in it
};

// A place in [p, end) and what was wrong there.
struct Cursor {
  const char* p;
  const char* end;
  const char* wrong = nullptr;  // a static sentence; null: nothing
  unsigned char bits = 0;       // all bytes of quoted texts or-ed together: >= 0x80 means that UTF-8 needs a check

  bool at(char c) const { return p != end && *p == c; }
  bool fail(const char* what) {
    wrong = what;
    return false;
  }
  void skip_blanks() {
    while (p != end && is(*p, kBlank)) ++p;
  }
  std::string_view rest() const { return {p, static_cast<std::size_t>(end - p)}; }
};

inline bool scan_name(Cursor& c, std::uint8_t start, std::uint8_t part, Token& out) {
  const char* const first = c.p;
  if (c.p == c.end || !is(*c.p, start)) return false;
  do ++c.p;
  while (c.p != c.end && is(*c.p, part));
  out = {std::string_view(first, static_cast<std::size_t>(c.p - first)), false};
  return true;
}

// At the opening quote.
inline bool scan_quoted(Cursor& c, Token& out) {
  const char* const first = ++c.p;
  bool escaped = false;
  unsigned char bits = c.bits;
  const char* p = c.p;
  for (; p != c.end && *p != '"'; ++p) {
    if (*p == '\\') {
      escaped = true;
      if (++p == c.end) break;
    }
    bits |= static_cast<unsigned char>(*p);
  }
  c.p = p;
  c.bits = bits;
  if (p == c.end) return c.fail("a quoted text does not end on its line");
  out = {std::string_view(first, static_cast<std::size_t>(p - first)), escaped};
  ++c.p;
  return true;
}

// on_name(Token) once for a metric name; on_label(Token name, Token value). Leaves the cursor after the series.
template <class OnName, class OnLabel>
bool scan_series(Cursor& c, OnName&& on_name, OnLabel&& on_label) {
  Token name, value;
  bool named = scan_name(c, kMetricStart, kMetricPart, name);
  if (named) on_name(name);
  const char* const after_name = c.p;
  c.skip_blanks();
  if (!c.at('{')) {
    if (!named) return c.fail("expected a metric name");
    c.p = after_name;
    return true;
  }
  ++c.p;
  for (;;) {
    c.skip_blanks();
    if (c.at('}')) break;
    bool is_metric = false;
    if (c.at('"')) {
      if (!scan_quoted(c, name)) return false;
      c.skip_blanks();
      is_metric = !c.at('=');
    } else if (!scan_name(c, kLabelStart, kLabelPart, name)) {
      return c.fail("expected a label name, or } to end the labels");
    }
    if (is_metric) {
      if (named) return c.fail("a series has two metric names");
      named = true;
      on_name(name);
    } else {
      c.skip_blanks();
      if (!c.at('=')) return c.fail("expected = after a label name");
      ++c.p;
      c.skip_blanks();
      if (!c.at('"')) return c.fail("expected a label value in double quotes");
      if (!scan_quoted(c, value)) return false;
      on_label(name, value);
    }
    c.skip_blanks();
    if (c.at(',')) {
      ++c.p;
    } else if (!c.at('}')) {
      return c.fail("expected , or } after a label");
    }
  }
  ++c.p;
  return true;
}

// What follows a series: its value, perhaps a timestamp, in OpenMetrics perhaps an exemplar, which is skipped. At the value.
bool scan_value(Cursor& c, bool openmetrics, double& value, std::optional<TimeMs>& t);

// \\ \" and \n; any other backslash stands for itself.
std::string unescape(std::string_view text);

inline std::string unescape(const Token& t) { return t.escaped ? unescape(t.text) : std::string(t.text); }

}  // namespace tacho::exposition
