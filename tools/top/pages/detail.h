// The page about one thing: its charts over one time, and what else is known of it.
//
// Threads  pure.
#pragma once

#include "tools/top/pages/page.h"

namespace tacho::tools {

std::size_t detail_columns(const TopState& state);
// Fills the page's lines from the titles on, without the footer.
void add_detail(const TopView& view, const TopState& state, TopPage& page);

}  // namespace tacho::tools
