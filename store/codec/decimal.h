// Doubles as integers: value = integer / 10^e, bit for bit, for as many as possible; or the doubles' bits themselves.
//
// Shape    one Scale a column. A value that is not such a quotient (a NaN, an infinity, -0.0, a digit too many) is special: it
//          is kept apart, and its integer repeats the one before.
// Source   Afroozeh, Kuffo, Boncz, "ALP: Adaptive Lossless floating-Point Compression" (2023): decimals are integers divided. Dividing
//          (correctly rounded) gives back what a decimal text parses to, so no second factor is needed.
// Threads  pure functions.   Cost  a nanosecond or two a value.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace tacho::store::codec {

// Stored in files: 0..13 are decimal places; numbers are never reused.
enum Scale : std::uint8_t {
  kPlacesMax = 13,
  kWholes = 14,  // whole numbers beyond +-2^51, up to 2^53
  kBits = 15,    // the doubles' bits
};

inline constexpr std::array<double, 16> kPowers = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6, 1e7,
                                                   1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1,   1};

struct Special {
  std::uint32_t index;
  std::uint64_t bits;
};

// The scale at which all but a few of the values, by a sample of them, are quotients.
Scale choose_scale(std::span<const double> values);

// integers.size() == values.size(). Requires: specials empty.
void to_integers(std::span<const double> values, Scale scale, std::span<std::uint64_t> integers, std::vector<Special>& specials);

}  // namespace tacho::store::codec
