// What all pages have around them: the line of the node and its time, the bar of the window, the line of keys.
//
// Threads  pure.
#pragma once

#include "tools/top/pages/page.h"

namespace tacho::tools {

TopPageLine header_line(const TopView& view, const TopState& state);
// How far the window reaches, where in it the page is, and what happened when.
TopPageLine window_line(const TopView& view, const TopState& state);
// `where`: what of the list is seen.
TopPageLine footer_line(const TopView& view, const TopState& state, const std::string& where);
// The times at both ends of so many cells, and the length of a column.
std::string axis_text(const ViewTime& time, TimeMs now, std::size_t cells);

}  // namespace tacho::tools
