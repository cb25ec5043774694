// A sum that does not depend on how it is parted: what jobs used adds up to what the devices used, to the last digit.
//
// Shape    a whole number of 2^-40 (about 1e-12). Each value is rounded to that once; differences and sums of them are exact.
// Bounds   values below 2^62 in size; larger ones, infinities and NaN are not taken.
// Threads  a value.   Cost  an addition of 128 bits.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>

namespace tacho::query {

class ExactSum {
 public:
  static bool takes(double v) { return std::fabs(v) < 0x1p62; }

  ExactSum() = default;
  // Requires: takes(v).
  explicit ExactSum(double v)
      : units_(static_cast<Units>(std::floor(v)) * kOne + static_cast<Units>(std::round((v - std::floor(v)) * 0x1p40))) {}

  ExactSum& operator+=(const ExactSum& other) {
    units_ += other.units_;
    return *this;
  }
  friend ExactSum operator-(ExactSum a, const ExactSum& b) {
    a.units_ -= b.units_;
    return a;
  }
  auto operator<=>(const ExactSum&) const = default;
  double value() const { return static_cast<double>(static_cast<long double>(units_) / 0x1p40L); }

 private:
  __extension__ using Units = __int128;
  static constexpr Units kOne = Units{1} << 40;
  Units units_ = 0;
};

// What was never read is absent, and stays so.
inline void add_to(std::optional<ExactSum>& to, const std::optional<ExactSum>& more) {
  if (!more) return;
  if (!to) to.emplace();
  *to += *more;
}
inline void take_max(std::optional<double>& to, const std::optional<double>& v) {
  if (v) to = to ? std::max(*to, *v) : *v;
}

}  // namespace tacho::query
