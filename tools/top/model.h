// What is on the page, as plain data: the lines' last minute, second by second. No terminal in it.
//
// Shape    rows in page order: by section; in it by device or by line (top_lines.h).
// Units    a row's values are in its line's unit, kTopSeconds of them, the last at TopView::end; NaN: no value, never 0.
// Threads  one at a time (the model remembers which quiet lines have spoken).
// Cost     a refresh is one range query a line, 60 steps each, and a handful of instant queries.
// Errors   refresh(): whoever should answer cannot be asked. One expression that fails is TopView::problem, not the page's end.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "proto/base/error.h"
#include "tools/top/data.h"
#include "tools/top/lines.h"

namespace tacho::tools {

inline constexpr std::size_t kTopSeconds = 60;

struct TopRow {
  const TopLine* line = nullptr;
  std::string device;              // "" where the line has none
  std::vector<double> values;      // kTopSeconds
  std::optional<double> now;       // the last second's; nothing when it has none
  std::optional<double> min, max;  // the minute's
  bool quiet = false;              // if_nonzero or if_busy, and 0 all along
  bool alert = false;

  std::string title() const;
};

struct TopView {
  std::string node;
  std::optional<TimeMs> newest;     // the newest sample's time
  TimeMs now = 0;                   // when that was asked, by the same clock
  std::int64_t interval_ms = 1000;  // between samples
  std::optional<TopData::Extent> extent;
  TimeMs end = 0;  // the last of the values' seconds; a whole second
  std::vector<TopRow> rows;
  std::string problem;  // "" or one sentence
};

class TopModel {
 public:
  explicit TopModel(TopData& data) : data_(data) {}

  Result<TopView> refresh();

 private:
  void find_interval(TimeMs at);
  void find_node(TimeMs at);
  void add_rows(const TopLine& line, const query::QueryResult& answer, TopView& view);

  TopData& data_;
  std::uint64_t refreshes_ = 0;
  std::int64_t interval_ms_ = 0;  // 0: not known yet
  std::string node_;
  bool node_is_known_ = false;  // from its samples
  std::optional<TopData::Extent> extent_;
  using Speaker = std::tuple<std::string_view, std::string_view, std::string>;  // section, title ("": the whole device), device
  static Speaker speaker(const TopRow& row);
  void hush(std::vector<TopRow>& rows);

  std::set<Speaker> spoken_;  // those that have had a value other than 0
};

}  // namespace tacho::tools
