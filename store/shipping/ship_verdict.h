// What a receiver's answer to a remote write request means for the sender, by the specifications of versions 1.0 and 2.0.
//
// Threads  pure functions.
#pragma once

#include <cstdint>

#include "proto/base/error.h"
#include "proto/http.h"

namespace tacho::store {

enum class Verdict : std::uint8_t {
  taken,
  retry,          // no answer, 5xx, 429: the same again later
  refused,        // never to be sent again
  other_version,  // of a request of version 2: the receiver may know only the first
};

// No status of a partial write is 2xx; a 2xx to version 2 that counts nothing as written comes from a receiver that does not know it, and
// stored nothing.
Verdict judge(const Result<HttpResponse>& answer, bool is_v2, bool retry_on_429 = true);

}  // namespace tacho::store
