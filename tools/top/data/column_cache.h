// Columns that were asked for once, kept: time goes on by a column, and all but the newest are known.
//
// Shape    a run of columns an expression list and step (a single column has one of its own). What is asked for is given from it, and only what is missing at its ends is
//          asked; where the two do not touch, the run is begun anew. A column of the last kUnsettledMs is asked again: rows of slow
//          sources may still come.
// Threads  one.
// Bounds   kRunsMax runs of kRunColumnsMax columns, the least used and the farthest go.
// Errors   an expression that fails has no values in the part that was asked, which it alone is asked for again at each look until it
//          answers; where all fail nothing is kept of the part.
#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <vector>

#include "tools/top/data/data.h"

namespace tacho::tools {

class ColumnCache {
 public:
  static constexpr std::int64_t kUnsettledMs = 15'000;
  static constexpr std::size_t kRunsMax = 6;
  static constexpr std::size_t kRunColumnsMax = 4000;

  explicit ColumnCache(TopData& data) : data_(data) {}

  struct Found {
    std::vector<std::vector<TopSeries>> answers;  // of each expression, on the grid
    std::string problem;                          // of the first that failed and is not known since; "": none
    bool whole = true;                            // false: nothing new could be asked, and something was missing
  };
  // `newest`: of the samples there are. may_ask: false where nobody answers: only what is held. Requires: one reach_ms a list of expressions.
  Found get(const std::vector<std::string>& exprs, const TopGrid& grid, std::int64_t reach_ms, TimeMs newest,
            bool may_ask = true);

 private:
  struct Run {
    std::vector<std::string> exprs;
    bool single = false;
    TopGrid grid;        // what is held
    TimeMs settled = 0;  // the last column that will not change
    std::vector<std::vector<TopSeries>> answers;
    // Of each expression, the part of `grid` that it did not answer, if there is any.
    struct Missing {
      TimeMs first = 0, last = 0;
      std::string problem;
    };
    std::vector<std::optional<Missing>> missing;
  };
  Run& run_of(const std::vector<std::string>& exprs, const TopGrid& grid);
  // Takes what is new of `asked`; what fails is missing from then on.
  static void join(Run& run, const TopGrid& asked, TopData::Answers answers);
  static void take(Run& run, std::size_t expression, const TopGrid& asked, std::vector<TopSeries> answer);
  void ask_missing(Run& run, std::int64_t reach_ms, const std::vector<bool>& just_failed);
  static void widen(Run& run, const TopGrid& to);

  TopData& data_;
  std::list<Run> runs_;  // the last used first
};

}  // namespace tacho::tools
