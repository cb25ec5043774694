// The codes that a sub-block of integers begins with (store/FORMAT.md, "integers"). Stored in files: never reused.
#pragma once

#include <cstdint>

namespace tacho::store::codec {

enum Code : std::uint8_t {
  kRepeat = 0,        // every value is the one before the sub-block
  kSparse = 1,        // few values differ from the one before
  kPacked = 2,        // kPacked + mode x kWidths + step: a frame of width_of(step) bits
  kExceptions = 250,  // count, bytes each; then a packed code, its frame, and the exceptions
  kCoded = 251,       // kCoded + CodedMode: base, where the mode has one; then the residuals (coded.h)
};

enum CodedMode : std::uint8_t {
  kLevel = 0,  // base; values beside it, zigzagged
  kDelta = 1,  // base; deltas beside it, zigzagged
  kBend = 2,   // deltas of the deltas, zigzagged
};
inline constexpr unsigned kCodedModes = 3;

enum Mode : std::uint8_t {
  kFrame = 0,   // base; values above it
  kZigzag = 1,  // deltas, zigzagged
  kBiased = 2,  // base; deltas above it
  kCurve = 3,   // deltas of the deltas, zigzagged
};

inline constexpr unsigned kModes = 4;
inline constexpr unsigned kWidths = 62;  // 0..60 and 64
constexpr unsigned width_of(unsigned step) { return step == 61 ? 64 : step; }
constexpr unsigned step_of(unsigned width) { return width > 60 ? 61 : width; }
static_assert(kPacked + kModes * kWidths <= kExceptions && kCoded + kCodedModes <= 256);

}  // namespace tacho::store::codec
