// A schema of the window: its name and size at hand, its labels packed until somebody asks for them.
//
// Shape    a window of days where series come and go has thousands of schemas, a few hundred kilobytes each as labels in memory,
//          a few tens packed; a query needs those of its range.
// Threads  any.
// Cost     labels(): what unpack_schema() costs, unless somebody holds them still (recent_schemas.h does for a while); a lock while they are
//          unpacked.
// Lifetime whoever holds what labels() gave may outlive this.
#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <unordered_map>
#include <vector>

#include "proto/base/error.h"
#include "store/block/schema_codec.h"

namespace tacho::store {

class KnownSchema {
 public:
  // Held unpacked: a head's, which lives anyway.
  explicit KnownSchema(std::shared_ptr<const StoredSchema> schema);
  // To be kept packed.
  static std::shared_ptr<const KnownSchema> pack(const StoredSchema& schema);
  // As a record of the ring holds it. An error: no schema.
  static Result<std::shared_ptr<const KnownSchema>> unpack(std::span<const std::byte> packed);

  const std::string& group() const { return group_; }
  std::int64_t interval_ms() const { return interval_ms_; }
  std::uint64_t id() const { return id_; }
  std::size_t columns() const { return columns_; }
  std::shared_ptr<const StoredSchema> labels() const;
  // As a record of the ring holds it. Requires: made by pack() or unpack().
  std::span<const std::byte> packed() const { return packed_; }

 private:
  explicit KnownSchema(const StoredSchema& schema);

  std::string group_;
  std::int64_t interval_ms_ = 0;
  std::uint64_t id_ = 0;
  std::size_t columns_ = 0;
  std::shared_ptr<const StoredSchema> held_;  // or null, then:
  std::vector<std::byte> packed_;             // whole: it has been unpacked once
  mutable std::mutex mutex_;                  // guards unpacked_
  mutable std::weak_ptr<const StoredSchema> unpacked_;
};

using SchemaMap = std::unordered_map<std::uint64_t, std::shared_ptr<const KnownSchema>>;

}  // namespace tacho::store
