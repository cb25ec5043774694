#include "store/block/recent_schemas.h"

namespace tacho::store {

RecentSchemas& RecentSchemas::of_process() {
  static RecentSchemas recent;
  return recent;
}

void RecentSchemas::drop_oldest() {
  columns_ -= entries_.front().schema->series.size();
  entries_.pop_front();
}

void RecentSchemas::add(std::shared_ptr<const StoredSchema> schema, MonoNs now) {
  const std::lock_guard lock(mutex_);
  columns_ += schema->series.size();
  entries_.push_back({std::move(schema), now});
  while (columns_ > kColumnsMax) drop_oldest();
}

void RecentSchemas::forget_old(MonoNs now) {
  const std::lock_guard lock(mutex_);
  while (!entries_.empty() && now - entries_.front().added > kKeptNs) drop_oldest();
}

std::size_t RecentSchemas::columns() const {
  const std::lock_guard lock(mutex_);
  return columns_;
}

}  // namespace tacho::store
