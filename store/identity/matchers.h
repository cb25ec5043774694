// Matchers on joined labels turned into selections of the store: never fewer series than those whose joined or own labels match.
//
// Threads  pure functions.   Cost  a look at every identity for each matcher on a label that one gives.
#pragma once

#include <span>
#include <vector>

#include "store/identity/timeline.h"
#include "store/matcher.h"

namespace tacho::store {

// Selections that together hold all series that may match in the range, each matcher set for a select of its own.
std::vector<std::vector<Matcher>> matchers_below(const IdentityTimeline& timeline, std::span<const Matcher> matchers,
                                                 TimeRange range);

}  // namespace tacho::store
