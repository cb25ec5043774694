// Styled text, and how it is fitted into columns.
//
// Shape    what comes from labels is made printable ASCII first (printable()): a device's name must not speak to the terminal. So every
//          character is one column wide.
// Threads  pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "proto/base/clock.h"
#include "tools/terminal/sparkline.h"

namespace tacho::tools {

// What a piece of text is; the screen decides how that looks. Each meaning is also told by words, marks or place.
enum class TopStyle : std::uint8_t {
  plain,
  faint,
  strong,
  heading,
  spark,
  alert,
  bar,
  bar_alert,
  selected,
  cursor,
  curve0,
  curve1,
  curve2,
  curve3,
  curve4,
  curve5
};
TopStyle curve_style(std::size_t curve);

struct TopSpan {
  std::string text;
  TopStyle style = TopStyle::plain;
};

struct TopPageLine {
  std::vector<TopSpan> spans;
  std::string text() const;  // without styles
  std::size_t width() const;
  void add(std::string text, TopStyle style = TopStyle::plain) { spans.push_back({std::move(text), style}); }
  // Cut or filled up to so many columns.
  void fit(std::size_t width);
};

std::size_t columns(std::string_view utf8);
std::string printable(std::string_view s);
// Cut where the middle is: a mount point's end and a disk's "written" both tell more than what lies between. ASCII.
std::string fitted(const std::string& s, std::size_t width);
std::string right(const std::string& s, std::size_t width);

// Local time; with the date where it is another day than `now`'s.
std::string time_text(TimeMs t, TimeMs now);
// "17m3s ago", "now" within a second.
std::string ago_text(TimeMs t, TimeMs now);

// One mark's cell shown as the cursor's: the text in three spans.
void add_with_cursor(TopPageLine& line, const std::string& utf8, TopStyle style, std::size_t cursor_column);

}  // namespace tacho::tools
