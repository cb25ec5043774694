// What one window becomes for one endpoint, before it is a message: final labels and values.
#pragma once

#include <cstddef>
#include <vector>

#include "proto/base/labels.h"
#include "proto/base/sample.h"

namespace tacho::store {

struct ShippedSample {
  Labels labels;
  double value = 0;  // may be the staleness marker
  MetricType type = MetricType::unknown;
  TimeMs start = 0;        // when the counter began to count from 0; 0: not known
  TimeMs t = 0;            // the window's end, but for seconds
  bool second = false;     // one of the seconds themselves
  bool continued = false;  // of the same series as the one before, and without labels of its own
};

struct ShippedWindow {
  TimeMs end = 0;
  std::vector<ShippedSample> samples;  // of one series one after the other, in order of time
  std::size_t invalid = 0;             // left out: names or values that no receiver takes
  std::size_t duplicates = 0;          // left out: relabeling made their labels equal to others'
};

}  // namespace tacho::store
