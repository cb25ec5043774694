// The page as rows of styled text, for any size from 80x24 up: layout without a terminal.
//
//    node3  17:20:31  512 series  window 4h12m                              paused
//                                  now  last 60 s, peaks of 2 s           min    max
//   cpu   busy                23.4 %  ▂▂▃▂▂▇█▆▂▂▂▂▂▂▃▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂   1.2%  98.0%
//
// Shape    exactly `height` lines, each at most `width` columns; every character is one column wide (what comes from labels is
//          made printable ASCII first: a device's name must not speak to the terminal).
// Threads  pure.   Cost  a few thousand characters.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tools/terminal/sparkline.h"
#include "tools/top/model.h"

namespace tacho::tools {

inline constexpr std::size_t kPageWidthMin = 80;
inline constexpr std::size_t kPageHeightMin = 24;

// What a piece of text is; the screen decides how that looks. Each meaning is also told by words, marks or place.
enum class TopStyle : std::uint8_t { plain, faint, strong, heading, spark, alert, bar };

struct TopSpan {
  std::string text;
  TopStyle style = TopStyle::plain;
};

struct TopPageLine {
  std::vector<TopSpan> spans;
  std::string text() const;  // without styles
};

struct TopPageState {
  std::size_t width = kPageWidthMin;
  std::size_t height = kPageHeightMin;
  Charset charset = Charset::utf8;
  std::size_t first_row = 0;  // of the list, at the top; too large is as far as it goes
  bool paused = false;
  bool all_rows = false;  // quiet lines too
  bool help = false;
  std::string problem;  // why there is no newer view; "" when all is well
};

struct TopPage {
  std::vector<TopPageLine> lines;
  std::size_t first_row = 0;  // what it was brought to
  std::size_t rows_shown = 0;
  std::size_t rows = 0;  // in the list
};

TopPage top_page(const TopView& view, const TopPageState& state);

}  // namespace tacho::tools
