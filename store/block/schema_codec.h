// A group's schema as bytes (FlatBuffers GroupSchema, proto/schema/store.fbs) and back.
//
// Threads  pure functions.   Errors  decode: bytes that are no valid schema, with what is wrong.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "proto/base/error.h"
#include "store/block/name_places.h"
#include "store/series.h"

namespace tacho::store {

// A schema as it is stored, immutable; equal content has equal id in every process.
struct StoredSchema {
  std::string group;
  std::int64_t interval_ms = 0;
  Schema series;
  std::vector<NamePlace> name_places;  // of each series; not stored
  std::uint64_t id = 0;                // xxh3 of the encoded bytes
  std::vector<std::byte> bytes;
};

std::shared_ptr<const StoredSchema> encode_schema(std::string group, std::int64_t interval_ms, Schema series);
Result<std::shared_ptr<const StoredSchema>> decode_schema(std::span<const std::byte> bytes);

// As the ring holds it: the size of the bytes (uint32), then they as one lz4 block. Labels repeat: about an eighth remains.
std::vector<std::byte> pack_schema(const StoredSchema& schema);
Result<std::shared_ptr<const StoredSchema>> unpack_schema(std::span<const std::byte> packed);

}  // namespace tacho::store
