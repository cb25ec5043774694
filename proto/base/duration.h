// Durations as Prometheus writes them: 1h30m, 5m, 1s, 250ms, 1y2w3d4h5m6s7ms. Years are 365 days.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tacho {

// Milliseconds; nullopt when the text is no duration or does not fit. "0" is the one number without a unit that is one.
std::optional<std::int64_t> parse_duration(std::string_view s);
// The same, but a bare number of seconds ("15", "0.5") is one too, as in the HTTP API's step.
std::optional<std::int64_t> parse_duration_or_seconds(std::string_view s);
// The shortest form: 5400000 -> "1h30m"; 0 -> "0s"; negative with a leading '-'.
std::string format_duration(std::int64_t ms);

}  // namespace tacho
