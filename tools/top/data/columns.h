// A stretch of time in columns of equal length, and a series' values in them: what a sparkline or a plot shows.
//
// Shape    column i is of the seconds in (end_of(i) - step, end_of(i)]; ends are multiples of the step, so that a second stays in the
//          company it has when the view moves on. A column holds the highest and the lowest of its seconds: a peak of one second is
//          there at every zoom. NaN: no second of it has a value.
// Units    TimeMs; steps are whole seconds.
// Threads  values.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "proto/base/clock.h"
#include "proto/base/labels.h"

namespace tacho::tools {

inline constexpr std::int64_t kSecondMs = 1000;

// The end of the column that a time is in: the first multiple of the step that is not before it.
TimeMs column_end(TimeMs t, std::int64_t step_ms);

struct TopGrid {
  TimeMs first = 0;  // the end of the first column
  std::int64_t step_ms = kSecondMs;
  std::size_t count = 0;

  // The last so many columns up to the one that `t` is in.
  static TopGrid up_to(TimeMs t, std::int64_t step_ms, std::size_t count);
  TimeMs end_of(std::size_t i) const { return first + static_cast<TimeMs>(i) * step_ms; }
  TimeMs last() const { return end_of(count) - step_ms; }
  TimeMs before() const { return first - step_ms; }  // what the first column begins after
  // Of the column that `t` is in; nothing outside.
  std::optional<std::size_t> index_of(TimeMs t) const;
  bool operator==(const TopGrid&) const = default;
};

struct TopSeries {
  Labels labels;
  std::vector<double> high, low;  // TopGrid::count each

  TopSeries() = default;
  TopSeries(Labels l, std::size_t columns);
  // One more second's value; what is not finite is none.
  void add(std::size_t column, double v);
  // Another's columns from `from` on, so many, to `to` of this one.
  void copy(const TopSeries& other, std::size_t from, std::size_t columns, std::size_t to);
};

// The same values on another grid of the same step; what it has not is NaN.
std::vector<double> on_grid(const std::vector<double>& values, const TopGrid& from, const TopGrid& to);

}  // namespace tacho::tools
