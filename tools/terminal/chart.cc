#include "tools/terminal/chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "proto/base/text_columns.h"
#include "tools/terminal/chart_canvas.h"
#include "tools/terminal/result_text.h"
#include "tools/terminal/time_axis.h"

namespace tacho::tools {
namespace {

using query::QueryResult;
using query::ResultSeries;

constexpr std::size_t kSeriesMax = 10;
constexpr std::size_t kLabelWidth = 10;  // of the values beside the axis

struct Range {
  double low = 0, high = 0;
  double share(double v) const { return (v - low) / (high - low); }
};

// Beyond that differences are infinite, or steps nothing.
bool is_drawn(double v) { return std::fabs(v) < 1e300 && (v == 0 || std::fabs(v) > 1e-290); }

std::optional<Range> range_of(const ResultSeries& s) {
  std::optional<Range> out;
  for (const Sample& p : s.points) {
    if (!is_drawn(p.v)) continue;
    if (!out) out = Range{p.v, p.v};
    out->low = std::min(out->low, p.v);
    out->high = std::max(out->high, p.v);
  }
  return out;
}

// 1, 2 or 5 times a power of ten, or of 1024 where units are; the least that is not below `least`.
double nice_step(double least, TopUnit unit) {
  const bool binary = (unit == TopUnit::bytes || unit == TopUnit::bytes_per_second) && least > 512;
  const double base = binary ? std::pow(1024.0, std::floor(std::log(least) / std::log(1024.0))) : 1;
  const double scaled = least / base;
  const double ten = std::pow(10.0, std::floor(std::log10(scaled)));
  for (const double factor : {1.0, 2.0, 5.0, 10.0}) {
    if (factor * ten >= scaled * (1 - 1e-12)) return factor * ten * base;
  }
  return 10 * ten * base;
}

// Whole steps around all values; from 0 where the values come near it.
Range axis_of(Range values, std::size_t lines, TopUnit unit, double& step) {
  if (values.low > 0 && values.low < 0.6 * values.high) values.low = 0;
  if (values.high < 0 && values.high > 0.6 * values.low) values.high = 0;
  // Also what differs in the last bits alone: no axis can show it.
  const double size = std::max(std::fabs(values.low), std::fabs(values.high));
  if (!(values.high - values.low > 1e-9 * size)) {
    values.high = values.low;
    const double around = values.low == 0 ? 1 : std::fabs(values.low) * 0.05;
    values = {values.low == 0 ? 0 : values.low - around, values.high + around};
  }
  const auto steps = static_cast<double>(std::max<std::size_t>(2, lines / 3));
  step = nice_step((values.high - values.low) / steps, unit);
  return {std::floor(values.low / step + 1e-9) * step, std::ceil(values.high / step - 1e-9) * step};
}

// The points of each column of dots, joined to the last column's.
void draw(ChartCanvas& canvas, const ResultSeries& s, std::size_t series, const Range& axis, const ChartOptions& o) {
  const double across = static_cast<double>(canvas.dots_across() - 1);
  const double up = static_cast<double>(canvas.dots_up() - 1);
  const double span = static_cast<double>(std::max<std::int64_t>(1, o.end - o.begin));
  struct Column {
    std::size_t x, low, high, last;
  };
  std::optional<Column> open;
  TimeMs before = 0;
  const auto close = [&] {
    if (open) canvas.line(open->x, open->low, open->high, series);
  };
  for (const Sample& p : s.points) {
    if (!is_drawn(p.v) || p.t < o.begin || p.t > o.end) continue;
    const auto x = static_cast<std::size_t>(std::lround(static_cast<double>(p.t - o.begin) / span * across));
    const auto y = static_cast<std::size_t>(std::lround(std::clamp(axis.share(p.v), 0.0, 1.0) * up));
    const bool joined = open && p.t - before <= o.step_ms + o.step_ms / 2;
    if (!open || x != open->x) {
      close();
      Column next{x, y, y, y};
      if (joined) {
        // From the last point's height, column by column.
        const double from = static_cast<double>(open->last), rise = static_cast<double>(y) - from;
        const auto gap = static_cast<double>(x - open->x);
        for (std::size_t between = open->x + 1; between <= x; ++between) {
          const auto at = [&](double part) { return static_cast<std::size_t>(std::lround(from + rise * part)); };
          const std::size_t a = at(static_cast<double>(between - open->x - 1) / gap),
                            b = at(static_cast<double>(between - open->x) / gap);
          // The step up belongs to the column it ends in, without the dot it begins with.
          std::size_t low = std::min(a, b), high = std::max(a, b);
          if (high > low) (a < b ? low : high) += a < b ? 1 : static_cast<std::size_t>(-1);
          if (between < x) {
            canvas.line(between, low, high, series);
          } else {
            next.low = std::min(next.low, low);
            next.high = std::max(next.high, high);
          }
        }
      }
      open = next;
    } else {
      open->low = std::min(open->low, y);
      open->high = std::max(open->high, y);
      open->last = y;
    }
    before = p.t;
  }
  close();
}

// Those that reach furthest, in the result's order.
std::vector<const ResultSeries*> chosen(const QueryResult& r) {
  std::vector<std::pair<double, std::size_t>> reach;
  for (std::size_t i = 0; i < r.series.size(); ++i) {
    if (const auto range = range_of(r.series[i])) reach.emplace_back(-std::max(std::fabs(range->low), std::fabs(range->high)), i);
  }
  std::stable_sort(reach.begin(), reach.end());
  if (reach.size() > kSeriesMax) reach.resize(kSeriesMax);
  std::vector<std::size_t> places;
  for (const auto& [_, i] : reach) places.push_back(i);
  std::sort(places.begin(), places.end());
  std::vector<const ResultSeries*> out;
  for (const std::size_t i : places) out.push_back(&r.series[i]);
  return out;
}

std::string caption(const Labels& common, std::size_t width) {
  return common.empty() ? "" : cut_middle(printable(common.to_string()), width) + "\n";
}

std::string lines_chart(const QueryResult& r, const ChartOptions& o) {
  const auto series = chosen(r);
  if (series.empty()) return "no samples that can be drawn\n";
  Range values = *range_of(*series[0]);
  for (const ResultSeries* s : series) {
    const Range one = *range_of(*s);
    values = {std::min(values.low, one.low), std::max(values.high, one.high)};
  }
  double step = 1;
  const std::size_t rows = std::max<std::size_t>(4, o.height);
  const Range axis = axis_of(values, rows, o.unit, step);
  const std::size_t columns = std::max<std::size_t>(20, o.width > kLabelWidth + 3 ? o.width - kLabelWidth - 2 : 20);
  const bool dots = o.charset == Charset::utf8 && (series.size() == 1 || o.colours);
  const Marks marks = dots ? Marks::dots : o.charset == Charset::utf8 ? Marks::letters : Marks::signs;
  const bool colours = o.colours && series.size() > 1;
  ChartCanvas canvas(columns, rows, marks, colours);
  for (std::size_t i = 0; i < series.size(); ++i) draw(canvas, *series[i], i, axis, o);

  std::vector<std::string> labels(rows);
  const auto steps = std::lround(std::min(1000.0, (axis.high - axis.low) / step));
  for (long i = 0; i <= steps; ++i) {
    const double v = axis.low + static_cast<double>(i) * step;
    const double row = (1 - axis.share(v)) * static_cast<double>(rows - 1);
    labels[static_cast<std::size_t>(std::lround(std::clamp(row, 0.0, static_cast<double>(rows - 1))))] =
        format_full(std::fabs(v) < step * 1e-9 ? 0 : v, o.unit);
  }
  const bool utf8 = o.charset == Charset::utf8;
  const Labels common = common_labels(r);
  const std::size_t width = std::max<std::size_t>(o.width, columns + kLabelWidth + 2);
  std::string out = caption(common, width);
  for (std::size_t row = 0; row < rows; ++row) {
    const char* tick = labels[row].empty() ? (utf8 ? "│" : "|") : (utf8 ? "┤" : "+");
    out += fmt::format("{:>{}} {}{}\n", labels[row], kLabelWidth, tick, canvas.row_text(row));
  }
  std::string base;
  for (std::size_t i = 0; i < columns; ++i) base += utf8 ? "─" : "-";
  out += std::string(kLabelWidth + 1, ' ') + (utf8 ? "└" : "+") + base + "\n";
  out += std::string(kLabelWidth + 2, ' ') + time_axis(o.begin, o.end, columns) + "\n";
  for (std::size_t i = 0; i < series.size(); ++i) {
    const Range range = *range_of(*series[i]);
    const std::string mark = series_mark(i, marks);
    const std::string numbers = fmt::format("  last {}, from {} to {}", format_full(series[i]->points.back().v, o.unit),
                                            format_full(range.low, o.unit), format_full(range.high, o.unit));
    const std::size_t room = width > numbers.size() + 2 ? width - numbers.size() - 2 : 0;
    out += fmt::format("{} {}{}\n", colours ? coloured(mark, i) : mark,
                       cut_middle(printable(name_without(series[i]->labels, common)), std::max<std::size_t>(room, 8)), numbers);
  }
  if (r.series.size() > series.size())
    out += fmt::format("and {} more that reach less far; topk() chooses others\n", r.series.size() - series.size());
  return out;
}

std::string bars_chart(const QueryResult& r, const ChartOptions& o) {
  const Labels common = common_labels(r);
  double most = 0;
  std::size_t name_width = 0;
  for (const ResultSeries& s : r.series) {
    if (std::isfinite(s.points.back().v)) most = std::max(most, std::fabs(s.points.back().v));
    name_width = std::max(name_width, columns_of(name_without(s.labels, common)));
  }
  name_width = std::min(name_width, o.width / 2);
  const std::size_t room = o.width > name_width + kLabelWidth + 4 ? o.width - name_width - kLabelWidth - 4 : 10;
  std::string out = caption(common, o.width);
  for (const ResultSeries& s : r.series) {
    const double v = s.points.back().v;
    const auto cells =
        std::isfinite(v) && most > 0 ? static_cast<std::size_t>(std::lround(std::fabs(v) / most * static_cast<double>(room))) : 0;
    std::string bar;
    for (std::size_t i = 0; i < cells; ++i) bar += o.charset == Charset::utf8 ? "█" : "#";
    const std::string text = std::isfinite(v) ? format_full(v, o.unit) : fmt::format("{}", v);
    const std::string name = cut_middle(printable(name_without(s.labels, common)), name_width);
    std::string line = fmt::format("{}  {:>{}}  {}", padded(name, name_width), text, kLabelWidth, bar);
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

}  // namespace

std::string chart(const QueryResult& result, const ChartOptions& options) {
  if (result.type == query::ValueType::string) return result.text + "\n";
  if (result.series.empty()) return "no samples\n";
  return result.type == query::ValueType::matrix ? lines_chart(result, options) : bars_chart(result, options);
}

}  // namespace tacho::tools
