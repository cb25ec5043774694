#include "tools/top/pages/plot.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "tools/terminal/chart_canvas.h"
#include "tools/terminal/format.h"

namespace tacho::tools {
namespace {

constexpr std::size_t kCurvesMax = 6;

struct Curve {
  std::string name;
  std::vector<double> high, low;
  std::optional<double> now;
};

struct Range {
  double low = 0, high = 1;
};

std::vector<Curve> curves_of(const TopChartView& chart, const TopView& view, const TopState& state) {
  const TopGrid grid = state.time.grid();
  std::vector<Curve> out;
  for (const TopCurveView& c : chart.curves) {
    Curve curve{printable(c.name), on_grid(c.high, view.grid, grid), on_grid(c.low, view.grid, grid), std::nullopt};
    if (state.time.cursor() == view.time.cursor()) {
      curve.now = c.now;
    } else if (grid.step_ms == kSecondMs) {
      const auto at = grid.index_of(state.time.cursor());
      if (at && !std::isnan(curve.high[*at])) curve.now = curve.high[*at];
    }
    out.push_back(std::move(curve));
  }
  return out;
}

// From 0, unless all of it is far from there.
Range range_of(const std::vector<Curve>& curves, double full) {
  std::optional<double> low, high;
  for (const Curve& c : curves) {
    for (std::size_t i = 0; i < c.high.size(); ++i) {
      if (std::isnan(c.high[i])) continue;
      high = std::max(high.value_or(c.high[i]), c.high[i]);
      low = std::min(low.value_or(c.low[i]), c.low[i]);
    }
  }
  Range r{low.value_or(0), std::max(high.value_or(1), full)};
  if (r.low > 0 && r.low < 0.7 * r.high) r.low = 0;
  if (r.high <= r.low) r.high = r.low + std::max(1e-9, std::fabs(r.low) * 0.1);
  if (r.low > 0) r.low -= (r.high - r.low) * 0.1;
  if (r.low == 0 && high.value_or(0) == 0 && full == 0) r.high = 1;
  return r;
}

Marks marks_of(std::size_t curves, const TopState& state) {
  if (state.charset == Charset::ascii) return curves == 1 ? Marks::signs : Marks::letters;
  return curves == 1 || state.colours ? Marks::dots : Marks::letters;
}

// Each column from its lowest to its highest, joined to the one before.
void draw(ChartCanvas& canvas, const Curve& curve, std::size_t number, const Range& range, std::size_t columns_a_dot) {
  const auto up = static_cast<double>(canvas.dots_up() - 1);
  const auto place = [&](double v) {
    const double part = std::clamp((v - range.low) / (range.high - range.low), 0.0, 1.0);
    return static_cast<std::size_t>(std::lround(part * up));
  };
  std::optional<std::size_t> before;
  for (std::size_t i = 0; i < curve.high.size(); ++i) {
    if (std::isnan(curve.high[i])) {
      before.reset();
      continue;
    }
    const std::size_t x = i / columns_a_dot;
    if (x >= canvas.dots_across()) break;
    std::size_t low = place(curve.low[i]), high = place(curve.high[i]);
    const std::size_t end = high;
    // The step from the last column's height belongs to this one, without the dot it begins with.
    if (before && *before + 1 < low) low = *before + 1;
    if (before && *before > high + 1) high = *before - 1;
    canvas.line(x, low, high, number);
    before = end;
  }
}

TopPageLine title_line(const TopChartView& chart, const std::vector<Curve>& curves, Marks marks, std::size_t width) {
  const TopUnit unit = chart.chart->unit;
  TopPageLine line;
  line.add(fitted(std::string(chart.chart->title), std::max<std::size_t>(kPlotLabelWidth + 1, chart.chart->title.size())) + " ",
           TopStyle::heading);
  std::size_t used = line.width();
  for (std::size_t i = 0; i < curves.size(); ++i) {
    const std::string value = curves[i].now ? format_full(*curves[i].now, unit) : "-";
    const std::string mark = curves.size() > 1 ? series_mark(i, marks) + " " : "";
    const std::string text = curves[i].name + " ";
    if (used + columns(mark) + text.size() + value.size() + 2 > width) {
      if (used + 2 <= width) line.add("..", TopStyle::faint);
      break;
    }
    if (!mark.empty()) line.add(mark, curve_style(i));
    line.add(text);
    line.add(value, TopStyle::strong);
    line.add("  ");
    used += columns(mark) + text.size() + value.size() + 2;
  }
  line.fit(width);
  return line;
}

}  // namespace

std::size_t plot_columns(std::size_t width, Charset charset) {
  const std::size_t cells = width - kPlotLabelWidth - 1;
  return charset == Charset::utf8 ? 2 * cells : cells;
}

std::vector<TopPageLine> plot_lines(const TopChartView& chart, const TopView& view, const TopState& state, PlotSize size) {
  std::vector<Curve> curves = curves_of(chart, view, state);
  if (curves.size() > kCurvesMax && chart.chart->curves[0].by.empty()) curves.resize(kCurvesMax);
  const Range range = range_of(curves, chart.chart->full);
  const Marks marks = marks_of(curves.size(), state);
  const std::size_t cells = size.width - kPlotLabelWidth - 1;
  ChartCanvas canvas(cells, size.height, marks, false);
  const std::size_t columns_a_dot = marks != Marks::dots && state.charset == Charset::utf8 ? 2 : 1;
  // The first is the one that matters most: it is drawn over the others.
  for (std::size_t i = curves.size(); i-- > 0;) draw(canvas, curves[i], i, range, columns_a_dot);

  const auto cursor = state.time.grid().index_of(state.time.cursor());
  const std::size_t cursor_cell = state.time.live() || !cursor ? cells : *cursor / (state.charset == Charset::utf8 ? 2 : 1);
  const bool utf8 = state.charset == Charset::utf8;
  std::vector<TopPageLine> out{title_line(chart, curves, marks, size.width)};
  for (std::size_t row = 0; row < size.height; ++row) {
    TopPageLine line;
    std::string label;
    if (row == 0) label = format_compact(range.high, chart.chart->unit);
    if (row + 1 == size.height) label = range.low == 0 ? "0" : format_compact(range.low, chart.chart->unit);
    line.add(right(label, kPlotLabelWidth - 1) + " ", TopStyle::faint);
    line.add(row == 0 || row + 1 == size.height ? (utf8 ? "┤" : "+") : (utf8 ? "│" : "|"), TopStyle::faint);
    std::size_t cell = 0;
    for (const ChartCanvas::Piece& piece : canvas.row_pieces(row)) {
      const TopStyle style = !piece.drawn ? TopStyle::plain : curves.size() == 1 ? TopStyle::spark : curve_style(piece.series);
      const std::size_t n = columns(piece.text);
      if (cursor_cell >= cell && cursor_cell < cell + n) {
        add_with_cursor(line, piece.text, style, cursor_cell - cell);
      } else {
        line.add(piece.text, style);
      }
      cell += n;
    }
    out.push_back(std::move(line));
  }
  return out;
}

}  // namespace tacho::tools
