// Whether there are to be colours: asked before anything is coloured, by all that colours.
//
// Threads  refuse_colours() changes the environment: before there is a second thread.
#pragma once

namespace tacho::tools {

// From here on, and for programs started from here, as if NO_COLOR were set.
void refuse_colours();
// Whether NO_COLOR is set and not empty (no-color.org).
bool colours_refused();
// Whether what is written to `fd` may be coloured: it is a terminal that knows how, and nobody has refused.
bool colours_on(int fd);
// How many colours it has, as far as the environment tells: 0 (not on), 8 or 256.
int colours_of(int fd);

}  // namespace tacho::tools
