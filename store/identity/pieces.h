// Series cut into stretches by whose they are, and put together again by their labels.
//
//   IdentityPieces pieces(timeline, range);
//   for (const SeriesView& s : selection.series) pieces.add(s);
//   pieces.settle();
//   pieces.finish(wanted, out);
//
// Threads  one.   Cost  labels for each stretch that gets some; sorting only where joined labels change the order.
// Lifetime timeline and what was added outlive it; after finish() the Selection owns what is new.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "store/identity/timeline.h"
#include "store/queryable.h"

namespace tacho::store {

class IdentityPieces {
 public:
  IdentityPieces(const IdentityTimeline& timeline, TimeRange range) : joiner_(timeline, range), made_(std::make_shared<Made>()) {}

  // Requires: series by their labels, each once.
  void add(const SeriesView& series);
  // Sees to it that no two series have equal labels at overlapping times.
  void settle();
  // Sets what is wanted by its labels; out.owner becomes what owns all of it.
  void finish(const std::function<bool(const Labels&)>& wanted, Selection& out);

 private:
  struct Piece {
    const SeriesInfo* info = nullptr;  // as answered
    SeriesView stored;                 // all of the series
    std::size_t first = 0;
    std::size_t count = 0;
    bool ends = false;       // a marker follows, at the time of the next stored sample
    std::size_t joined = 0;  // labels it got

    TimeMs begin() const { return stored.times[first]; }
    TimeMs end() const { return stored.times[first + count - 1]; }
  };
  // What views point into.
  struct Made {
    std::shared_ptr<const void> below;
    std::deque<SeriesInfo> infos;
    std::deque<std::vector<double>> values;
    std::deque<std::vector<TimeMs>> times;
  };

  static bool before(const Piece& a, const Piece& b);
  void add_piece(const SeriesView& series, std::size_t first, std::size_t count, const Labels& identity);
  bool give_way();
  SeriesView view_of(std::span<const Piece> pieces);

  IdentityJoiner joiner_;
  std::shared_ptr<Made> made_;
  std::vector<Piece> pieces_;
};

}  // namespace tacho::store
