// The list of everything: accelerators, a line each, and below them a line a value.
//
// Threads  pure.
#pragma once

#include "tools/top/pages/page.h"

namespace tacho::tools {

std::size_t overview_columns(std::size_t width);
// Fills the page's lines from the titles on, without the footer.
void add_overview(const TopView& view, const TopState& state, TopPage& page);

}  // namespace tacho::tools
