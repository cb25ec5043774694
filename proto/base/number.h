// Numbers as text, digit for digit as Prometheus (Go's strconv) writes and reads them.
//
// Threads  any.   Cost  no allocation in append_*; tens of nanoseconds a number.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "proto/base/clock.h"

namespace tacho {

// The HTTP API's form: shortest digits that read back to the same bits; 'f' layout, 'e' below 1e-6 and from 1e21 on;
// NaN, +Inf, -Inf.
void append_api_number(std::string& out, double v);
// The same into memory with room for kApiNumberBytes; returns the end.
inline constexpr std::size_t kApiNumberBytes = 40;
char* write_api_number(char* to, double v);
// The text formats' form (Go's 'g' with shortest digits): exponent form below 1e-4 and from 1e21 on.
void append_text_number(std::string& out, double v);
std::string api_number(double v);

// Milliseconds as seconds: "12", "12.5", "12.345", "-0.001".
void append_seconds(std::string& out, TimeMs t);
// Milliseconds as RFC 3339 in UTC, as Go writes it: "2026-11-23T16:00:00Z", "2026-11-23T16:00:00.12Z". Requires: a year of four digits.
void append_rfc3339(std::string& out, TimeMs t);

// Decimal, exponent, hexadecimal (0x1f, 0x1p-2), underscores are not digits; inf, +Inf, -infinity, nan in any case.
// The whole text must be the number. Out-of-range decimals read as ±Inf or 0, as Go's value does.
std::optional<double> parse_number(std::string_view s);
std::optional<std::int64_t> parse_int(std::string_view s);

// Unix seconds with a fraction ("1795439412.001") to milliseconds, exact for up to three decimals, rounded beyond.
std::optional<TimeMs> parse_seconds(std::string_view s);
// What an API parameter or --at may be: Unix seconds with a fraction, or RFC 3339 (2026-11-23T16:00:00Z, .5+02:00).
std::optional<TimeMs> parse_time(std::string_view s);

}  // namespace tacho
