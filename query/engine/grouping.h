// Series put into groups by some of their labels, once a query and not once a step.
//
// Shape    of[row] is the row's group; groups are numbered as they first appear.
// Cost     one hash of the labels that count for each row.
#pragma once

#include <string>
#include <vector>

#include "query/engine/env.h"
#include "query/engine/matrix.h"

namespace tacho::query {

// Two or more matrices can share one numbering: add() as often as needed.
class Grouping {
 public:
  // `keep`: labels named in `names` count, else all others do but the metric's name.
  Grouping(std::vector<std::string> names, bool keep);

  std::vector<std::size_t> add(const Matrix& matrix);
  std::size_t count() const { return matrix_.rows(); }
  // The labels that row `key` shares with its group.
  Labels labels_of(const RowKey& key) const;

 private:
  bool counts(const Label& label, bool nameless) const;
  std::vector<std::string> names_;  // sorted
  bool keep_;
  Matrix matrix_{0};
  RowIndex index_{matrix_};
  std::deque<Labels> labels_;
};

}  // namespace tacho::query
