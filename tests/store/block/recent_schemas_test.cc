#include "store/block/recent_schemas.h"

#include <catch2/catch.hpp>

#include "store/block/known_schema.h"

using namespace tacho;
using namespace tacho::store;

namespace {

std::shared_ptr<const StoredSchema> schema(std::size_t columns, const std::string& group = "g") {
  Schema series;
  for (std::size_t c = 0; c < columns; ++c) series.push_back({Labels::of("m", {{"c", std::to_string(c)}})});
  return encode_schema(group, 1000, std::move(series));
}

}  // namespace

TEST_CASE("schemas that were unpacked are kept for some minutes, and never more than so many columns") {
  RecentSchemas recent;
  const std::size_t half = RecentSchemas::kColumnsMax / 2;
  std::weak_ptr<const StoredSchema> first, second;
  {
    const auto a = schema(half), b = schema(half);
    first = a;
    second = b;
    recent.add(a, MonoNs{0});
    recent.add(b, MonoNs{1});
  }
  CHECK(recent.columns() == 2 * half);
  CHECK_FALSE(first.expired());
  recent.add(schema(1), MonoNs{2});
  CHECK(first.expired());
  CHECK_FALSE(second.expired());
  recent.forget_old(MonoNs{1} + RecentSchemas::kKeptNs);
  CHECK_FALSE(second.expired());
  recent.forget_old(MonoNs{2} + RecentSchemas::kKeptNs);
  CHECK(second.expired());
  CHECK(recent.columns() == 1);
  recent.add(schema(RecentSchemas::kColumnsMax + 1), MonoNs{3});
  CHECK(recent.columns() == 0);
}

TEST_CASE("a packed schema that is asked for again is not unpacked again") {
  const auto known = KnownSchema::pack(*schema(3, "again"));
  const std::weak_ptr<const StoredSchema> once = known->labels();
  CHECK_FALSE(once.expired());
  CHECK(known->labels() == once.lock());
  RecentSchemas::of_process().forget_old(system_clock().mono() + 2 * RecentSchemas::kKeptNs);
  CHECK(once.expired());
  CHECK(known->labels()->series.size() == 3);
}
