// The functions over a range, a family a file: each fills one row from one series' windows.
//
// Cost     O(samples + steps) where the function allows (rate, delta, changes, resets, min, max, count, last, ...),
//          otherwise O(samples in all windows).
#pragma once

#include <cstdint>
#include <span>

#include "query/engine/env.h"
#include "query/functions/rate_windows.h"
#include "query/functions/windows.h"
#include "query/language/functions.h"

namespace tacho::query {

struct RangeCall {
  Env& env;
  FunctionId id;
  const RangeVector& input;
  const RangeSeries& series;
  Grid grid;                      // the steps; predict_linear counts from them
  std::span<const double> first;  // the first scalar argument at each step
  std::span<const double> second;
  RateWindows& rate_windows;  // one for all series of the call
  std::span<double> out;
  std::span<std::uint8_t> present;

  void set(std::size_t step, double v) const {
    out[step] = v;
    present[step] = 1;
  }
};

void rate_family(const RangeCall& call);           // rate increase delta irate idelta
void extended_rate_family(const RangeCall& call);  // rate increase delta changes resets over anchored or smoothed ranges
void counting_family(const RangeCall& call);       // changes resets
void regression_family(const RangeCall& call);     // deriv predict_linear double_exponential_smoothing
void over_time_family(const RangeCall& call);      // *_over_time

// Dispatches to the family.
void apply_range_function(const RangeCall& call);

}  // namespace tacho::query
