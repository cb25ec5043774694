#include "tools/top/pages/detail.h"

#include <algorithm>

#include "tools/top/pages/frame.h"
#include "tools/top/pages/plot.h"

namespace tacho::tools {
namespace {

constexpr std::size_t kTwoColumnsFrom = 150;
constexpr std::size_t kBetween = 3;
constexpr std::size_t kFactNameWidth = 26;

std::size_t abreast(const TopState& state) { return state.width >= kTwoColumnsFrom ? 2 : 1; }
std::size_t chart_width(const TopState& state) { return abreast(state) == 2 ? (state.width - kBetween) / 2 : state.width; }

// As many lines as let a few charts be seen at once.
std::size_t plot_height(const TopState& state) { return state.height < 30 ? 5 : state.height < 45 ? 6 : 8; }

void append(TopPageLine& to, TopPageLine from) {
  for (TopSpan& s : from.spans) to.spans.push_back(std::move(s));
}

std::vector<TopPageLine> chart_lines(const TopView& view, const TopState& state) {
  const PlotSize size{chart_width(state), plot_height(state)};
  std::vector<TopPageLine> out;
  const auto& charts = view.detail.charts;
  for (std::size_t i = 0; i < charts.size(); i += abreast(state)) {
    std::vector<TopPageLine> lines = plot_lines(charts[i], view, state, size);
    if (abreast(state) == 2 && i + 1 < charts.size()) {
      std::vector<TopPageLine> beside = plot_lines(charts[i + 1], view, state, size);
      for (std::size_t row = 0; row < lines.size(); ++row) {
        lines[row].fit(size.width);
        lines[row].add(std::string(kBetween, ' '));
        append(lines[row], std::move(beside[row]));
      }
    }
    for (TopPageLine& l : lines) out.push_back(std::move(l));
  }
  return out;
}

std::vector<TopPageLine> fact_lines(const TopView& view, const TopState& state) {
  std::vector<TopPageLine> out;
  const std::size_t across = std::max<std::size_t>(1, state.width / 75);
  const std::size_t width = state.width / across;
  const auto& facts = view.detail.facts;
  const std::size_t rows = (facts.size() + across - 1) / across;
  for (std::size_t row = 0; row < rows; ++row) {
    TopPageLine line;
    for (std::size_t column = 0; column < across; ++column) {
      const std::size_t i = column * rows + row;
      if (i >= facts.size()) break;
      TopPageLine one;
      one.add(" " + fitted(printable(facts[i].name), kFactNameWidth) + " ", TopStyle::faint);
      one.add(printable(facts[i].value));
      one.fit(width);
      append(line, std::move(one));
    }
    out.push_back(std::move(line));
  }
  std::string_view rest = view.detail.report;
  if (!rest.empty()) out.push_back({});
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    TopPageLine line;
    line.add(" " + printable(rest.substr(0, end)));
    out.push_back(std::move(line));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return out;
}

}  // namespace

std::size_t detail_columns(const TopState& state) { return plot_columns(chart_width(state), state.charset); }

void add_detail(const TopView& view, const TopState& state, TopPage& page) {
  const std::size_t width = chart_width(state), cells = width - kPlotLabelWidth - 1;
  const std::size_t columns_a_cell = state.charset == Charset::utf8 ? 2 : 1;
  TopPageLine titles;
  for (std::size_t i = 0; i < abreast(state); ++i) {
    const std::size_t x = i * (width + kBetween) + kPlotLabelWidth + 1;
    page.timelines.push_back({x, cells, columns_a_cell});
    titles.fit(x);
    titles.add(axis_text(state.time, view.now, cells), TopStyle::faint);
  }
  page.lines.push_back(std::move(titles));

  std::vector<TopPageLine> lines;
  if (view.subject == state.subject) {
    lines = chart_lines(view, state);
    for (TopPageLine& l : fact_lines(view, state)) lines.push_back(std::move(l));
    if (lines.empty()) {
      TopPageLine nothing;
      nothing.add("  nothing is known of it at this time");
      lines.push_back(std::move(nothing));
    }
  } else {
    TopPageLine asking;
    asking.add("  asking ...", TopStyle::faint);
    lines.push_back(std::move(asking));
  }
  const std::size_t room = state.height - kFrameLines;
  page.lines_all = lines.size();
  page.lines_shown = std::min(room, lines.size());
  page.first_line = std::min(state.first_line, lines.size() - page.lines_shown);
  for (std::size_t i = page.first_line; i < page.first_line + page.lines_shown; ++i) {
    lines[i].fit(state.width);
    page.lines.push_back(std::move(lines[i]));
  }
}

}  // namespace tacho::tools
