// A sample is (time, value); the special values that a value can be.
//
// stale   Prometheus's staleness marker: "this series ended here". A NaN with one exact bit pattern; every other NaN is an
//         ordinary value. Source: prometheus model/value (StaleNaN 0x7ff0000000000002, NormalNaN 0x7ff8000000000001).
// absent  ours: "no value was read for this cell". Only ever in cells of rows and columns; it never leaves the store.
//         A value that has this very pattern is stored as the normal NaN.
#pragma once

#include <bit>
#include <cstdint>
#include <limits>

#include "proto/base/clock.h"

namespace tacho {

struct Sample {
  TimeMs t = 0;
  double v = 0;
};

constexpr std::uint64_t kStaleBits = 0x7ff0'0000'0000'0002;
constexpr std::uint64_t kNormalNanBits = 0x7ff8'0000'0000'0001;
constexpr std::uint64_t kAbsentBits = 0xfff4'7461'6368'6f00;

inline double stale_marker() { return std::bit_cast<double>(kStaleBits); }
inline double normal_nan() { return std::bit_cast<double>(kNormalNanBits); }
inline double absent() { return std::bit_cast<double>(kAbsentBits); }

inline bool is_stale(double v) { return std::bit_cast<std::uint64_t>(v) == kStaleBits; }
inline bool is_absent(double v) { return std::bit_cast<std::uint64_t>(v) == kAbsentBits; }

// What a metric's values are; the names are those of Prometheus's metadata.
enum class MetricType : std::uint8_t { unknown = 0, counter, gauge, histogram, summary, info, stateset };

// "counter", "gauge", ...; for unknown "untyped" as in text 0.0.4, or "unknown" as in OpenMetrics and the HTTP API.
constexpr const char* metric_type_name(MetricType t, const char* unknown = "unknown") {
  switch (t) {
    case MetricType::counter: return "counter";
    case MetricType::gauge: return "gauge";
    case MetricType::histogram: return "histogram";
    case MetricType::summary: return "summary";
    case MetricType::info: return "info";
    case MetricType::stateset: return "stateset";
    case MetricType::unknown: break;
  }
  return unknown;
}

}  // namespace tacho
