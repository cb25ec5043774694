// A number with its unit, as people read it: three digits that matter, and a unit that fits them.
//
// full      "23.4 %", "1.25 GiB", "12.3 MiB/s", "850 us", "4h12m": at most kFullWidth columns
// compact   "23.4%", "1.25G", "12.3M", "850us": at most kCompactWidth columns, for the columns of minimum and maximum
//
// Units    ratios 0..1 are shown as percent; bytes in powers of 1024; seconds in s, ms or us. ASCII alone.
// Threads  pure.   Errors  none; a value that is not finite is shown as nothing: "".
#pragma once

#include <cstdint>
#include <string>

namespace tacho::tools {

enum class TopUnit : std::uint8_t { ratio, bytes, bytes_per_second, count, per_second, seconds, span, celsius, watts };

inline constexpr std::size_t kFullWidth = 10;
inline constexpr std::size_t kCompactWidth = 6;

std::string format_full(double v, TopUnit unit);
std::string format_compact(double v, TopUnit unit);

// Seconds as the two largest parts: "3d4h", "4h12m", "12m5s", "45s".
std::string format_span(double seconds);

}  // namespace tacho::tools
