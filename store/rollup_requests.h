// One window of the store as remote write requests: rows -> rollups -> external labels -> relabeling -> messages.
//
// Shape    encode() reads the store and returns finished, compressed bodies; each holds at most samples_per_send_max
// samples;
//          a series' samples keep their order because a window has one sample a series and windows are sent one by
//          one.
// Units    TimeMs; every sample carries the window's end.
// Threads  encode(): one at a time; the store may be written meanwhile.
// Errors   the store's.
// Cost     one select over two windows (the one before tells which series ended); memory: those samples and the
// bodies. Rules    the series' own label wins over an external one of that name, as Prometheus does. What a receiver
// would refuse, and
//          would refuse the whole request for, is left out and counted: names that are no Prometheus names, values
//          that are no UTF-8, and a label set that relabeling made equal to another one's.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "proto/base/error.h"
#include "proto/base/labels.h"
#include "store/alias_view.h"
#include "store/queryable.h"
#include "store/relabel.h"
#include "store/rollup.h"

namespace tacho::store {

// The share of its rows that each group has in a shipped window: {source="GROUP"}. Below 1, the window is incomplete:
// the agent died or started in it, or the source missed ticks. 0: a group of the window before that has no row at all
// in this one.
inline constexpr std::string_view kRatioMetric = "tacho_rollup_samples_ratio";

struct RollupRequest {
  std::string body;         // compressed
  std::size_t samples = 0;  // 0: metadata only
};

struct RollupRequests {
  std::vector<RollupRequest> requests;
  std::size_t samples = 0;
  std::size_t invalid = 0;     // samples left out: names or values that no receiver takes
  std::size_t duplicates = 0;  // samples left out: relabeling made their labels equal to others'
};

struct RollupEncoding {
  Labels external_labels;
  std::vector<RelabelRule> relabel;
  std::size_t samples_per_send_max = 2000;
  // These sets' series go with the store's own; `aliases` is a view of that store, and outlives what encodes.
  std::vector<std::string> alias_sets;
  const AliasView* aliases = nullptr;
};

Result<RollupRequests> encode_window(const Queryable& store, const RollupWindow& window, const RollupEncoding& encoding);

// Type, help and unit of every metric of the store, and of the aliases, under its own name; at most `per_send_max` metrics a request.
std::vector<RollupRequest> encode_metadata(const Queryable& store, const RollupEncoding& encoding,
                                           std::size_t per_send_max = 500);

// Whether a remote write receiver takes this label set: a classic metric name, classic label names, values in UTF-8.
bool is_shippable(const Labels& labels);

}  // namespace tacho::store
