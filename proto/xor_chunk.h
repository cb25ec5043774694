// Prometheus's XOR chunk: up to 65,535 samples of one series, times as differences of differences, values as what changed in their bits.
//
// Shape    big-endian count of 2 bytes; then bits, the highest of a byte first: the first time as a zigzag varint and 64 bits of its
//          value; the second time's distance as a varint; from the third on how much the distance changed in 1, 16, 20, 24 or 68 bits
//          with their prefix; each value from the second on as 0 (the same), 10 and the bits where the last window of changed bits
//          was, or 11 with a window of its own. The last byte is filled with zeros.
// Units    TimeMs, strictly increasing; values bit for bit.
// Threads  any.   Cost  about 10 ns a sample.
// Errors   decode_xor_chunk(): bits that end early.
// Source   Facebook's Gorilla paper, section 4.1, with Prometheus's widths (tsdb/docs/format/chunks.md).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proto/base/error.h"
#include "proto/base/sample.h"

namespace tacho {

inline constexpr std::size_t kXorChunkSamplesMax = 65'535;

// Appends a chunk to `out`. Requires: as many times as values, 1 to kXorChunkSamplesMax.
void append_xor_chunk(std::string& out, std::span<const TimeMs> times, std::span<const double> values);

// The inverse, for tests and readers.
Result<std::vector<Sample>> decode_xor_chunk(std::string_view chunk);

}  // namespace tacho
