// The times below a drawing: the beginning at its left end, the end at its right, and some between.
//
// Threads  pure.   Errors  none.
#pragma once

#include <cstddef>
#include <string>

#include "proto/base/sample.h"

namespace tacho::tools {

// At most `columns` columns, local time; with the date where it is more than a day. "" where not one time has room.
std::string time_axis(TimeMs begin, TimeMs end, std::size_t columns);

}  // namespace tacho::tools
