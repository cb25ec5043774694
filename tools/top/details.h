// What a page about one thing shows: plots and facts for each section of the overview.
//
// Shape    an expression is of the thing alone: {SEL} stands for its labels, other placeholders as in lines.h. An expression that gives
//          several series is told apart by the label `by`, else by its `name`.
// Threads  constants.
#pragma once

#include <array>
#include <span>
#include <string_view>
#include <vector>

#include "tools/terminal/format.h"

namespace tacho::tools {

struct TopCurve {
  std::string_view name;
  std::string_view expr;  // "": there is none
  std::string_view by = {};
};

struct TopChart {
  std::string_view section;
  std::string_view title;
  TopUnit unit;
  std::array<TopCurve, 6> curves;
  double full = 0;  // the axis reaches at least so far
};

// In the order of the page.
std::vector<const TopChart*> top_charts(std::string_view section);

struct TopFact {
  std::string_view section;
  std::string_view title;  // "": the labels of the series are the facts
  std::string_view expr;
  TopUnit unit = TopUnit::count;
  std::string_view by = {};  // a row each value of this label
};
std::vector<const TopFact*> top_facts(std::string_view section);

}  // namespace tacho::tools
