// The values of an expression at all steps at once: one dense row a series, with a mark for every step that has a
// value.
//
// Shape    row-major: row r's values are steps() doubles side by side; present() is 0 or 1 a step. A scalar is one
// row
//          without labels that is present everywhere.
// Threads  one query, one thread.
// Cost     9 bytes a cell. Keys are two words: labels are shared with the selection or the query's arena, and
// dropping
//          a metric's name is a flag, not a copy.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string_view>
#include <vector>

#include "proto/base/labels.h"
#include "proto/base/sample.h"

namespace tacho::query {

// The instants an expression is evaluated at.
struct Grid {
  TimeMs start = 0;
  std::int64_t step = 1;
  std::size_t count = 1;

  TimeMs at(std::size_t i) const { return start + static_cast<std::int64_t>(i) * step; }
  TimeMs last() const { return at(count - 1); }
};

// What describes a metric and not a series: its name, type and unit. They go together when a value is no longer the
// metric's own.
inline bool is_metadata(std::string_view label) {
  return label.starts_with("__") && (label == kMetricName || label == "__type__" || label == "__unit__");
}

// A row's labels: those of `labels`, without the metric's name (type, unit) where it was dropped.
struct RowKey {
  const Labels* labels = nullptr;
  bool nameless = false;

  std::string_view get(std::string_view name) const;
  Labels to_labels() const;
  std::uint64_t hash() const;
};
bool same_labels(const RowKey& a, const RowKey& b);
// Both are of the same name, type and unit, or of none.
bool same_metadata(const RowKey& a, const RowKey& b);
// Lexicographic over the sorted pairs.
bool labels_less(const RowKey& a, const RowKey& b);
extern const Labels kNoLabels;

class Matrix {
 public:
  explicit Matrix(std::size_t steps = 0) : steps_(steps) {}
  static Matrix scalar(std::size_t steps, double value);

  std::size_t steps() const { return steps_; }
  std::size_t rows() const { return keys_.size(); }
  std::size_t cells() const { return values_.size(); }
  void reserve(std::size_t rows);
  // A row with no value at any step; earlier spans into this matrix end to be valid.
  std::size_t add_row(RowKey key);
  // Takes back the newest row.
  void drop_last_row();
  bool row_is_empty(std::size_t row) const;
  void remove_empty_rows();
  // Rows in this order; every index once.
  void reorder(std::span<const std::size_t> order);

  RowKey& key(std::size_t row) { return keys_[row]; }
  const RowKey& key(std::size_t row) const { return keys_[row]; }
  std::span<double> values(std::size_t row) { return {values_.data() + row * steps_, steps_}; }
  std::span<const double> values(std::size_t row) const { return {values_.data() + row * steps_, steps_}; }
  std::span<std::uint8_t> present(std::size_t row) { return {present_.data() + row * steps_, steps_}; }
  std::span<const std::uint8_t> present(std::size_t row) const { return {present_.data() + row * steps_, steps_}; }

 private:
  std::size_t steps_;
  std::vector<RowKey> keys_;
  std::vector<double> values_;
  std::vector<std::uint8_t> present_;
};

// Rows by their labels: finds the row with equal labels or adds it.
class RowIndex {
 public:
  explicit RowIndex(Matrix& matrix) : matrix_(matrix) {}
  std::size_t row(RowKey key);

 private:
  Matrix& matrix_;
  std::vector<std::size_t> slots_;  // open addressing; row + 1, 0: free
  std::vector<std::uint64_t> hashes_;
  void grow();
};

// Joins rows whose labels have become equal, as long as they never have a value at the same step. False: they do.
bool merge_equal_rows(Matrix& matrix);

}  // namespace tacho::query
