// A page as rows of styled text, for any size from 80x24 up: layout without a terminal.
//
//    node3  17:20:31  live  512 series  window 1h12m
//   16:08 ------------------------------!--------------------------------====
//                                  now  17:19:32       2 s 17:20:31     min    max
//   cpu   busy                23.4 %  ▂▂▃▂▂▇█▆▂▂▂▂▂▂▃▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂   1.2%  98.0%
//
// Shape    exactly `height` lines, each at most `width` columns; every character is one column wide.
// Threads  pure.   Cost  a few thousand characters.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "tools/top/list.h"
#include "tools/top/pages/text.h"
#include "tools/top/state.h"
#include "tools/top/view.h"

namespace tacho::tools {

// Where on a line columns of time are.
struct TopTimeline {
  std::size_t x = 0, cells = 0;
  std::size_t columns_a_cell = 1;
};

struct TopPage {
  std::vector<TopPageLine> lines;
  std::size_t first_line = 0;  // of what scrolls: what it was brought to
  std::size_t lines_shown = 0, lines_all = 0;
  std::size_t left_out = 0;                         // of the list: what is quiet, or has no room
  std::vector<TopRowId> items;                      // of the list, in its order
  std::vector<TopSubject> subjects;                 // and what each is of
  std::optional<std::size_t> selected;              // of the items, or of the events
  std::vector<std::optional<std::size_t>> of_line;  // the item of each line of the screen
  std::vector<TopTimeline> timelines;               // of the page; the same columns in each
};

// How many columns of time the page shows.
std::size_t top_page_columns(const TopState& state);
// Gives the time the columns of the page. Not where the terminal is too small: it keeps those that it had, and its place among them.
void fit_columns(TopState& state);

// Requires: state.time has so many columns. A view of other columns, or of another page, is shown as far as it fits.
TopPage top_page(const TopView& view, const TopState& state);

}  // namespace tacho::tools
