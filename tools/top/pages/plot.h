// One chart of a page about a thing: what its curves are now, and their columns as dots.
//
// Shape    a line of titles and `height` lines of plot, each exactly `width` columns. In UTF-8 dots of braille, two columns of time a
//          cell; in ASCII, and where curves could not be told apart without colours, letters, a column a cell.
// Threads  pure.
#pragma once

#include <vector>

#include "tools/top/pages/text.h"
#include "tools/top/state.h"
#include "tools/top/view.h"

namespace tacho::tools {

inline constexpr std::size_t kPlotLabelWidth = 8;  // of the values beside the axis, which is one more

struct PlotSize {
  std::size_t width = 80;
  std::size_t height = 5;
};

std::size_t plot_columns(std::size_t width, Charset charset);
std::vector<TopPageLine> plot_lines(const TopChartView& chart, const TopView& view, const TopState& state, PlotSize size);

}  // namespace tacho::tools
