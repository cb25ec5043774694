// What a receiver says, and when: small texts of shipping.
//
// Threads  pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "proto/base/clock.h"
#include "proto/http.h"

namespace tacho::store {

// One line of the receiver's text: it goes to the log, never into a decision.
std::string one_line(std::string_view text);

// Seconds, or a date (RFC 9110), ten minutes at most; 0 where there is none, or none that makes sense.
std::int64_t retry_after_ms(const HttpResponse& answer, TimeMs now);

// "2026-11-23T13:10:12Z"
std::string rfc3339(TimeMs t);

}  // namespace tacho::store
