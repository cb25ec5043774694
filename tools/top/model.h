// From what a page wants to what it shows: asks TopData, as little as it can.
//
// Threads  one at a time (it remembers what it has asked).
// Cost     live, the newest columns of all expressions, once a second; back in time, what has not been asked before. Besides the newest
//          sample's time, and every few seconds what hardly changes.
// Errors   refresh(): whoever should answer cannot be asked, and nothing is known. Later it keeps what it has: TopView::problem says why
//          there is nothing newer, and so one expression that fails.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "proto/base/error.h"
#include "tools/top/data/column_cache.h"
#include "tools/top/data/data.h"
#include "tools/top/rows.h"
#include "tools/top/view.h"

namespace tacho::tools {

class TopModel {
 public:
  explicit TopModel(TopData& data) : data_(data), cache_(data) {}

  // Without events.
  Result<TopView> refresh(const TopAsk& ask);

  // Whether it is time for them: not while nobody answers, and what stands still is asked again only where it failed.
  bool events_due(MonoNs now) const;
  // Those of the whole window, as of the last refresh; of an attempt that fails the last ones that are known.
  const TopEvents& ask_events(MonoNs now);

 private:
  // Where all that is asked are columns; what the last look knew stays where nobody answers.
  struct Columns {
    std::vector<std::vector<TopSeries>> answers, now;  // `now` only where columns are longer than a second
  };
  void find_interval(TimeMs at);
  void find_node(TimeMs at);
  Columns ask_columns(const std::vector<std::string>& exprs, TopView& view);
  void fill_overview(TopView& view);
  void fill_detail(TopView& view);
  void fill_facts(TopView& view);

  TopData& data_;
  ColumnCache cache_;
  TopRows rows_;
  std::uint64_t refreshes_ = 0;
  std::int64_t interval_ms_ = 0;  // 0: not known yet
  std::string node_;
  bool node_is_known_ = false;  // from its samples
  std::optional<TopData::Extent> extent_;
  std::optional<TopData::Newest> newest_;
  bool shown_ = false;     // there has been a view
  bool answered_ = false;  // in this refresh nobody has failed to answer

  struct Facts {
    TopSubject subject;
    TimeMs cursor = 0;
    std::uint64_t asked = 0;  // refreshes_ then
    std::vector<TopFactView> facts;
    std::string report;
  };
  Facts facts_;
  TopEvents events_;
  TimeMs events_until_ = 0, oldest_ = 0, last_ = 0;
  std::optional<MonoNs> events_asked_;
};

}  // namespace tacho::tools
