// The samples of one window as the outbox stores them: which series of the segment, and their values.
//
// Shape    before lz4: the number of series n (uint32), a bit for each of them, lowest first; then of those whose bit is set the values'
//          bytes, all first bytes, all second bytes, ..., all eighth bytes; then how many have a start (uint32), and for each of those its
//          place among the values (uint32) and the start (int64).
// Threads  pure functions.   Errors  unpack: bytes that are none such.
// Cost     2 to 6 bytes a sample after lz4: exponents and signs of a node's values repeat, mantissas do not.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "proto/base/error.h"
#include "proto/base/sample.h"

namespace tacho::store {

struct NumberedSample {
  std::uint32_t series = 0;
  double value = 0;
  TimeMs start = 0;

  bool operator==(const NumberedSample&) const = default;
};

struct PackedWindow {
  std::vector<std::byte> bytes;
  std::uint32_t unpacked = 0;
};

// Requires: by series, each once; all below `series`.
PackedWindow pack_window(std::span<const NumberedSample> samples, std::uint32_t series);
Result<std::vector<NumberedSample>> unpack_window(std::span<const std::byte> packed, std::uint32_t unpacked);

}  // namespace tacho::store
