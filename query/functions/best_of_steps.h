// topk() and bottomk() at many steps: the few best series of each group and step.
//
// Shape    goes through the matrix row after row, as it lies in memory, and keeps of each step a short list, the worst last.
// Source   Prometheus 3: NaN is worse than any number; of equal values the earlier series.
// Threads  one query, one thread.
// Cost     a comparison a cell, and for what gets into a list up to k moves; 16 k bytes a group and step, no more than half the input.
#pragma once

#include <cmath>
#include <span>
#include <vector>

#include "query/engine/matrix.h"

namespace tacho::query {

// Which of two values topk() and bottomk() take; of equal ones neither is better.
inline bool is_better(double a, double b, bool largest) {
  if (std::isnan(a) || std::isnan(b)) return !std::isnan(a) && std::isnan(b);
  return largest ? a > b : a < b;
}

class BestOfSteps {
 public:
  // `k` has the parameter of each step. False: lists would be long, and sorting a step's values is cheaper.
  static bool suits(const Matrix& in, std::size_t group_count, std::span<const double> k);

  BestOfSteps(const Matrix& in, std::size_t group_count, std::span<const double> k, bool largest);

  // Marks as present in `out`, which has the input's rows, what was chosen. groups[r]: the group of row r.
  void mark(std::span<const std::size_t> groups, Matrix& out);

 private:
  struct Candidate {
    double value;
    std::size_t row;
  };

  void put(std::size_t list, std::size_t k, Candidate fresh);

  const Matrix& in_;
  const bool largest_;
  std::vector<std::size_t> k_;  // by step
  std::size_t room_;            // of a list: the largest k
  std::vector<Candidate> lists_;
  std::vector<std::size_t> sizes_;
};

}  // namespace tacho::query
