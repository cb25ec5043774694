// The page of keys.
//
// Shape    fits 80x24.   Threads  pure.
#pragma once

#include "tools/top/pages/page.h"

namespace tacho::tools {

std::vector<TopPageLine> help_lines(Charset charset);

}  // namespace tacho::tools
