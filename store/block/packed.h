// Bytes as one lz4 block behind their size (uint32): what schemas and the directory of a snapshot are stored as.
//
// Threads  pure functions.   Cost  a pass of lz4.
// Errors   unpack_bytes(): what cannot be decompressed to just the size it says; `what` begins the text. Nothing is allocated that the
//          bytes could not hold.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "proto/base/error.h"

namespace tacho::store {

// Requires: under 1 GiB.
std::vector<std::byte> pack_bytes(std::span<const std::byte> bytes);
// Bytes behind the lz4 block are an error as well.
Result<std::vector<std::byte>> unpack_bytes(std::span<const std::byte> packed, std::string_view what);

}  // namespace tacho::store
