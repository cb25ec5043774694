// Which characters the terminal shows, by locale and environment.
#pragma once

#include "tools/terminal/sparkline.h"

namespace tacho::tools {

// Sets the program's LC_CTYPE. A container often has the user's LANG without that locale's files, or no LANG at all, while the
// terminal shows UTF-8.
Charset choose_charset();

}  // namespace tacho::tools
