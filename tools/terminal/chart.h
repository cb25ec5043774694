// A range query's result as a chart in the terminal: lines over time, with axes, units and a legend.
//
// Shape    ChartOptions::width columns, height lines of plot, then the time axis and the legend. A column of the plot shows all points of its
//          time, from the lowest to the highest, so that a peak of one second survives any width; neighbouring columns are joined where
//          points are no further apart than the gap that a missed point makes. Names give way in their middle where a line would be wider.
// Marks    one series: dots of a quarter of a cell (Unicode braille). Several: the same in colours where there are colours, else a letter a
//          series. ASCII: a sign a series.
// Many     series_max are drawn, those that reach furthest; the legend says how many more there are.
// Instant  vectors are bars, the longest the highest value.
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

struct ChartOptions {
  std::size_t width = 80;
  std::size_t height = 16;
  Charset charset = Charset::utf8;
  bool colours = false;
  TopUnit unit = TopUnit::count;
  TimeMs begin = 0, end = 0;  // of the time axis
  std::int64_t step_ms = 1000;
};

std::string chart(const query::QueryResult& result, const ChartOptions& options);

// What an expression's values are, as far as its names tell: node_network_receive_bytes_total under rate() is bytes a second. Arithmetic,
// and functions that make other numbers (count), are not seen through: count.
TopUnit unit_of_expression(std::string_view expression);

}  // namespace tacho::tools
