// Values of an alias series, from the series it is made of.
//
// Shape    one series and no rate: its own times, and each value scaled. Else a walk over the times of all: a sample where every series
//          that lives has one (so that a row that was missed is absent and not half a sum), nothing where one has none.
// Markers  one series: passed on. Several: a series that ended takes no part until it is back; when the last of a term ended, so does
//          the alias series.
// Rate     from the sample before, if that is at most kRateGapMs old and the counter did not go back; else there is none.
// Exact    a product that is within four rounding errors of a decimal with at most four digits behind the point becomes that decimal: 0.29
//          of a ratio is 29 percent, not 28.999999999999996.
// Threads  pure functions.   Cost  a pass over the samples; one array of values, of times only where they are fewer.
#pragma once

#include <span>
#include <vector>

#include "store/aliases/rules.h"
#include "store/queryable.h"

namespace tacho::store {

inline constexpr std::int64_t kRateGapMs = 300'000;
// How far before a range samples are looked at for its first: a rate needs the one before, a sum has to know which series live.
inline constexpr std::int64_t kAliasReachMs = 60'000;

struct AliasInput {
  const AliasTerm* term = nullptr;
  bool divides = false;  // it is one of the divisor's
  SeriesView series;
};

struct AliasColumn {
  bool same_times = false;  // as the one series' own, from `first` on
  std::size_t first = 0;
  std::vector<TimeMs> times;  // otherwise
  std::vector<double> values;
};

// The samples in [range.min, range.max]. Requires: at least one input; the inputs' terms are the rule's.
AliasColumn alias_values(const AliasRule& rule, std::span<const AliasInput> inputs, TimeRange range);

}  // namespace tacho::store
