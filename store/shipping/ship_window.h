// One window of the store as an endpoint is to have it: rows -> rollups -> external labels -> relabeling.
//
// Shape    make_window() reads the store and returns finished samples, series by series; a series has one sample a window, at its end,
//          and, where the policy keeps the seconds, each of these at its own time under the label resolution="1s".
// Units    TimeMs.
// Threads  one at a time; the store may be written meanwhile.
// Errors   the store's.
// Cost     one select over two of the longest window that ends then (the one before tells which series ended); memory: those
//          samples and the window.
// Rules    the series' own label wins over an external one of that name, as Prometheus does. What a receiver would refuse, and
//          would refuse the whole request for, is left out and counted: names that are no Prometheus names, values that are no UTF-8,
//          and a label set that relabeling made equal to another one's.
#pragma once

#include <vector>

#include "proto/base/error.h"
#include "proto/base/labels.h"
#include "store/queryable.h"
#include "store/rollup/rollup.h"
#include "store/rollup/rollup_policy.h"
#include "store/shipping/relabel.h"
#include "store/shipping/shipped_window.h"

namespace tacho::store {

// The share of its rows that each group has in a shipped window: {source="GROUP"}. Below 1, the window is incomplete:
// the agent died or started in it, or the source missed ticks. 0: a group of the window before that has no row at all
// in this one. Of windows of the policy's default interval.
inline constexpr std::string_view kRatioMetric = "tacho_rollup_samples_ratio";

struct ShipRules {
  RollupPolicy policy;
  Labels external_labels;
  std::vector<RelabelRule> relabel;
};

// All that ends at `end`, windows of every interval of which it is a multiple.
Result<ShippedWindow> make_window(const Queryable& store, TimeMs end, const ShipRules& rules);

// The seconds in the range of series that match, as the policy's keep_raw would ship them.
Result<ShippedWindow> make_raw_window(const Queryable& store, std::span<const Matcher> matchers, TimeRange range,
                                      const ShipRules& rules);

// Whether a remote write receiver takes this label set: a classic metric name, classic label names, values in UTF-8.
bool is_shippable(const Labels& labels);

}  // namespace tacho::store
