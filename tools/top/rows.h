// Answers made rows of the overview: named, judged, in the page's order.
//
// Shape    rows in page order: by section; in it by device or by line (lines.h).
// Threads  one at a time: it remembers which quiet lines have spoken.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "tools/top/data/columns.h"
#include "tools/top/row.h"

namespace tacho::tools {

inline constexpr std::size_t kTopDevices = 5;  // of lines that are shown of the top ones alone

class TopRows {
 public:
  // answers[i] is that of top_lines()[i]. `now[i]`, if there is any: the same of the cursor's second alone; else the cursor is a column of
  // the grid, which is of seconds.
  std::vector<TopRow> make(const std::vector<std::vector<TopSeries>>& answers, const std::vector<std::vector<TopSeries>>& now,
                           const TopGrid& grid, TimeMs cursor);

 private:
  using Speaker = std::tuple<std::string_view, std::string_view, std::string>;  // section, title ("": the whole device), device
  static Speaker speaker(const TopRow& row);
  void hush(std::vector<TopRow>& rows);

  std::set<Speaker> spoken_;  // those that have had a value other than 0
};

}  // namespace tacho::tools
