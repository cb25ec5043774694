#include "store/codec/decimal.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace tacho::store::codec {
namespace {

// Within what a kernel converts without AVX-512 (bitpack.h to_decimal).
constexpr double kNarrow = 2251799813685248.0;  // 2^51
constexpr double kWhole = 9007199254740992.0;   // 2^53

// True where value == integer / power, bit for bit.
inline bool quotient(double value, double power, std::int64_t& integer) {
  const double product = value * power;
  if (!(std::fabs(product) < kNarrow)) return false;
  integer = static_cast<std::int64_t>(product + std::copysign(0.5, product));
  return std::bit_cast<std::uint64_t>(static_cast<double>(integer) / power) == std::bit_cast<std::uint64_t>(value);
}

inline bool whole(double value, std::int64_t& integer) {
  if (!(std::fabs(value) <= kWhole)) return false;
  integer = static_cast<std::int64_t>(value);
  return std::bit_cast<std::uint64_t>(static_cast<double>(integer)) == std::bit_cast<std::uint64_t>(value);
}

// kBits where there is none.
Scale smallest_scale(double value) {
  std::int64_t integer = 0;
  for (std::uint8_t e = 0; e <= kPlacesMax; ++e) {
    if (quotient(value, kPowers[e], integer)) return static_cast<Scale>(e);
  }
  return whole(value, integer) ? kWholes : kBits;
}

}  // namespace

Scale choose_scale(std::span<const double> values) {
  constexpr std::size_t kSample = 32;
  std::array<std::size_t, 16> counts{};
  std::size_t all = 0;
  const std::size_t step = std::max<std::size_t>(1, values.size() / kSample);
  for (std::size_t i = 0; i < values.size(); i += step, ++all) ++counts[smallest_scale(values[i])];
  // Wholes that are too big for a scale with places are wholes only where nothing has places.
  const std::size_t special_max = all / 16;
  std::size_t above = 0;
  for (int e = kBits; e > 0; --e) {
    above += counts[static_cast<std::size_t>(e)];
    if (above > special_max) {
      if (e == kWholes && counts[0] + counts[kWholes] + special_max < all) return kBits;
      return static_cast<Scale>(e);
    }
  }
  return static_cast<Scale>(0);
}

void to_integers(std::span<const double> values, Scale scale, std::span<std::uint64_t> integers, std::vector<Special>& specials) {
  if (scale == kBits) {
    for (std::size_t i = 0; i < values.size(); ++i) integers[i] = std::bit_cast<std::uint64_t>(values[i]);
    return;
  }
  const double power = kPowers[scale];
  std::int64_t integer = 0;
  std::size_t good = values.size();  // the first value that is a quotient
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::int64_t own = 0;
    if (scale == kWholes ? whole(values[i], own) : quotient(values[i], power, own)) {
      integer = own;
      good = std::min(good, i);
    } else {
      specials.push_back({static_cast<std::uint32_t>(i), std::bit_cast<std::uint64_t>(values[i])});
    }
    integers[i] = static_cast<std::uint64_t>(integer);
  }
  // What comes before the first one repeats it.
  for (std::size_t i = 0; i < good && good < values.size(); ++i) integers[i] = integers[good];
}

}  // namespace tacho::store::codec
