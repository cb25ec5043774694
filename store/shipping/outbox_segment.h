// A segment of the outbox read record by record, whatever is damaged in it.
//
// Threads  pure functions.
// Errors   check_segment(): no segment, or one of a newer version.
#pragma once

#include <functional>
#include <span>
#include <string>

#include "proto/base/error.h"
#include "store/shipping/outbox_format.h"

namespace tacho::store {

Result<void> check_segment(std::span<const std::byte> segment, const std::string& path);

// Calls `take` for every record that matches its checksums, in order, with where it lies; tells how many stretches in between are damaged.
// Requires: check_segment() is content.
using TakeOutboxRecord = std::function<void(std::size_t offset, const OutboxRecordHeader&, std::span<const std::byte> payload)>;
std::uint64_t walk_segment(std::span<const std::byte> segment, const TakeOutboxRecord& take);

}  // namespace tacho::store
