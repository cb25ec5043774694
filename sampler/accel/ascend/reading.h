// A part of what an Ascend NPU is asked for (library_reading.h), and what of its answers is a number.
//
// Sentinels  the library has numbers that are none: -1 and all ones for what could not be read, 0x7ffd and 0x7fff for sensors, shares
//            above 100 %. They are absent.
#pragma once

#include <optional>

#include "sampler/accel/ascend/card.h"
#include "sampler/accel/library_reading.h"

namespace tacho::sampler {

using AscendReading = LibraryReading<AscendCard>;

namespace dcmi {

inline std::optional<double> number(U32 value) {
  return value == ~U32{0} ? std::nullopt : std::optional(static_cast<double>(value));
}
inline std::optional<double> number(U64 value) {
  return value == ~U64{0} ? std::nullopt : std::optional(static_cast<double>(value));
}
// Of a temperature, a power, a voltage.
inline std::optional<double> sensor(std::int64_t value) {
  constexpr std::int64_t kInvalid = 0x7ffd;
  constexpr std::int64_t kFailed = 0x7fff;
  constexpr std::int64_t kUnsigned = 0xffffffff;
  const bool none = value == -1 || value == kInvalid || value == kFailed || value == kUnsigned;
  return none ? std::nullopt : std::optional(static_cast<double>(value));
}
// 0 to 1.
inline std::optional<double> share(U32 percent) { return percent > 100 ? std::nullopt : std::optional(percent / 100.0); }
inline std::optional<double> bytes(U64 mib) {
  constexpr double kMib = 1048576;
  const auto value = number(mib);
  return value ? std::optional(*value * kMib) : std::nullopt;
}

}  // namespace dcmi
}  // namespace tacho::sampler
