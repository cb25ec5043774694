// What is known for a page, as plain data. No terminal in it.
//
// Units    a row's and a curve's values are in its line's or chart's unit; NaN: no value, never 0.
// Threads  values.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tools/top/data/data.h"
#include "tools/top/details.h"
#include "tools/top/row.h"
#include "tools/top/view_time.h"

namespace tacho::tools {

// What a page is about: everything, or the one thing that a row is of.
struct TopSubject {
  std::string section;  // "": the overview
  std::string device;
  std::string name;  // of the device, for people
  Labels labels;
  bool operator==(const TopSubject&) const = default;
  bool is_overview() const { return section.empty(); }
};

struct TopCurveView {
  std::string name;
  std::vector<double> high, low;
  std::optional<double> now;
};

struct TopChartView {
  const TopChart* chart = nullptr;
  std::vector<TopCurveView> curves;  // those that have a value
};

struct TopFactView {
  std::string name, value;
};

struct TopDetail {
  std::vector<TopChartView> charts;  // those that have a curve
  std::vector<TopFactView> facts;
  std::string report;  // of a job: lines of text
};

struct TopView {
  std::string node;
  std::optional<TimeMs> newest;     // the newest sample's time
  TimeMs oldest = 0;                // of what can be shown
  TimeMs now = 0;                   // when that was asked, by the same clock
  std::int64_t interval_ms = 1000;  // between samples
  std::optional<TopData::Extent> extent;

  TopSubject subject;
  ViewTime time;                                            // whose grid and cursor the values are of
  TopGrid grid;                                             // its grid
  std::vector<TopRow> rows;                                 // of the overview
  TopDetail detail;                                         // of a subject
  std::shared_ptr<const std::vector<query::Event>> events;  // null: not known yet
  std::string events_problem;
  bool answered = true;  // false: whoever should answer does not; all is as of `now`, when he last did
  std::string problem;   // "" or one sentence
};

struct TopEvents {
  std::shared_ptr<const std::vector<query::Event>> list;  // null: not known yet
  std::string problem;                                    // of the newest attempt
};

// What a page wants to know.
struct TopAsk {
  ViewTime time;
  TopSubject subject;
  bool events = false;
  bool hurried = false;  // a key was pressed: what was last known of the newest sample will do
};

}  // namespace tacho::tools
