// A range query's result as a heat strip in the terminal: a row a series, a column a stretch of time, colour the value.
//
// Shape    HeatOptions::width columns at most (40 where it is less), on every line. Rows are named by what tells the series apart, and stand in the
//          order that people count in (2 before 10). A cell shows the peak of its time, the highest value there, so that one second survives any
//          width; the legend says how long a cell is, and whether it is the highest of several points. Beside each row stands its highest.
// Marks    256 colours: a ramp that gets lighter at each step, from blue to yellow, which neither a dark nor a light background swallows, and which
//          needs no telling of red from green. Fewer, or none: density, "░▒▓█" or, in ASCII, ".:-=+*#%@". The legend has the scale, in the
//          result's unit. The lowest mark begins at the scale's low end; a cell without a value is a space in the terminal's own background.
// Many     HeatOptions::height lines in all: of more series than fit those that reach furthest, and the last line says how many more there are.
// Threads  pure.   Errors  none. What is not finite is not drawn.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "query/engine/result.h"
#include "tools/terminal/format.h"
#include "tools/terminal/sparkline.h"

namespace tacho::tools {

struct HeatOptions {
  std::size_t width = 80;
  std::size_t height = 24;
  Charset charset = Charset::utf8;
  int colours = 0;  // as many as the terminal has: 256 or more, 8 or more, 0
  TopUnit unit = TopUnit::count;
  TimeMs begin = 0, end = 0;  // of the time axis; points lie at begin + n * step_ms
  std::int64_t step_ms = 1000;
  std::string_view point = "peak";  // what a point is, for the caption, where the expression made it of more than one
};

std::string heat(const query::QueryResult& result, const HeatOptions& options);

// Whether a stands before b in people's order: runs of digits by their number.
bool counts_before(std::string_view a, std::string_view b);

}  // namespace tacho::tools
