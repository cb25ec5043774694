// The points of one series of an answer.
//
// Shape    values in one array; times as start and step where they are evenly spaced (a range query's steps mostly all have a value), else
//          in an array of their own. Looked at as a sequence of Samples, made as they are read. Times strictly increase.
// Threads  a value; const use from any thread.
// Cost     8 bytes a point, or 16.
#pragma once

#include <cstddef>
#include <iterator>
#include <span>
#include <vector>

#include "proto/base/sample.h"

namespace tacho::query {

class Points {
 public:
  Points() = default;
  // values[i] at start + i * step. Requires: step > 0.
  Points(TimeMs start, std::int64_t step, std::span<const double> values)
      : start_(start), step_(step), values_(values.begin(), values.end()) {}

  void reserve(std::size_t n) { values_.reserve(n); }
  // Requires: a later time than the last one's.
  void push_back(const Sample& s);

  std::size_t size() const { return values_.size(); }
  bool empty() const { return values_.empty(); }
  Sample operator[](std::size_t i) const { return {time(i), values_[i]}; }
  Sample front() const { return (*this)[0]; }
  Sample back() const { return (*this)[size() - 1]; }

  TimeMs time(std::size_t i) const { return even() ? start_ + static_cast<std::int64_t>(i) * step_ : times_[i]; }
  std::span<const double> values() const { return values_; }
  // Where they are evenly spaced (one or none is): time(i) == start() + i * step().
  bool even() const { return times_.empty(); }
  TimeMs start() const { return start_; }
  std::int64_t step() const { return step_; }

  class Iterator {
   public:
    using value_type = Sample;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::input_iterator_tag;

    Iterator() = default;
    Iterator(const Points* points, std::size_t at) : points_(points), at_(at) {}
    Sample operator*() const { return (*points_)[at_]; }
    Iterator& operator++() {
      ++at_;
      return *this;
    }
    Iterator operator++(int) { return {points_, at_++}; }
    bool operator==(const Iterator&) const = default;

   private:
    const Points* points_ = nullptr;
    std::size_t at_ = 0;
  };
  Iterator begin() const { return {this, 0}; }
  Iterator end() const { return {this, size()}; }

 private:
  TimeMs start_ = 0;
  std::int64_t step_ = 1;
  std::vector<TimeMs> times_;
  std::vector<double> values_;
};

}  // namespace tacho::query
