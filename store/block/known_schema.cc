#include "store/block/known_schema.h"

#include "proto/base/check.h"
#include "store/block/recent_schemas.h"

namespace tacho::store {

KnownSchema::KnownSchema(const StoredSchema& schema)
    : group_(schema.group), interval_ms_(schema.interval_ms), id_(schema.id), columns_(schema.series.size()) {}

KnownSchema::KnownSchema(std::shared_ptr<const StoredSchema> schema) : KnownSchema(*schema) { held_ = std::move(schema); }

std::shared_ptr<const KnownSchema> KnownSchema::pack(const StoredSchema& schema) {
  auto known = std::shared_ptr<KnownSchema>(new KnownSchema(schema));
  known->packed_ = pack_schema(schema);
  return known;
}

Result<std::shared_ptr<const KnownSchema>> KnownSchema::unpack(std::span<const std::byte> packed) {
  auto schema = unpack_schema(packed);
  if (!schema) return std::unexpected(schema.error());
  auto known = std::shared_ptr<KnownSchema>(new KnownSchema(**schema));
  known->packed_.assign(packed.begin(), packed.end());
  return known;
}

std::shared_ptr<const StoredSchema> KnownSchema::labels() const {
  if (held_) return held_;
  const std::lock_guard lock(mutex_);
  if (auto still = unpacked_.lock()) return still;
  auto schema = unpack_schema(packed_);
  TACHO_CHECK(schema.has_value(), group_);  // it was, when this was made
  unpacked_ = *schema;
  RecentSchemas::of_process().add(*schema, system_clock().mono());
  return *schema;
}

}  // namespace tacho::store
