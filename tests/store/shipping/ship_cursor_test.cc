#include "store/shipping/ship_cursor.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "proto/base/file.h"
#include "tests/store/shipping/ship_fakes.h"

namespace tacho::store {
namespace {

using ship_test::TempFolder;

const std::string kText =
    "tacho ship cursor 1\n"
    "endpoint metrics.example.org\n"
    "window_end_ms 1795439400000\n";

}  // namespace

TEST_CASE("a cursor that was never saved is none") {
  const TempFolder folder;
  const auto loaded = ShipCursor(folder.path(), "a").load();
  REQUIRE(loaded);
  CHECK_FALSE(*loaded);
}

TEST_CASE("a cursor comes back as it was saved") {
  const TempFolder folder;
  const ShipCursor cursor(folder.path(), "metrics.example.org");
  REQUIRE(cursor.save(1'795'439'400'000));
  CHECK(*cursor.load() == 1'795'439'400'000);
  REQUIRE(cursor.save(1'795'439'460'000));
  CHECK(*ShipCursor(folder.path(), "metrics.example.org").load() == 1'795'439'460'000);
}

TEST_CASE("yesterday's cursor file is read, byte for byte") {
  const TempFolder folder;
  const ShipCursor cursor(folder.path(), "metrics.example.org");
  CHECK(cursor.path() == folder.path() + "/ship-metrics.example.org.cursor");
  const std::string bytes = kText + "checksum 89ab4ec5d5b1829d\n";
  REQUIRE(replace_file(cursor.path(), bytes));
  CHECK(*cursor.load() == 1'795'439'400'000);
  REQUIRE(cursor.save(1'795'439'400'000));
  CHECK(*read_file(cursor.path()) == bytes);
}

TEST_CASE("any damage to a cursor file is seen") {
  const TempFolder folder;
  const ShipCursor cursor(folder.path(), "a");
  REQUIRE(cursor.save(1'795'439'400'000));
  const std::string good = *read_file(cursor.path());
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 0x04);
    REQUIRE(replace_file(cursor.path(), bad));
    CHECK_FALSE(cursor.load());
    REQUIRE(replace_file(cursor.path(), good.substr(0, i)));
    CHECK_FALSE(cursor.load());
  }
  REQUIRE(replace_file(cursor.path(), good + "more\n"));
  CHECK_FALSE(cursor.load());
}

TEST_CASE("endpoints do not share a file, whatever their names") {
  const auto path = [](const char* name) { return ShipCursor("/f", name).path(); };
  CHECK(path("a/b") != path("a_b"));
  CHECK(path("a/b") != path("a:b"));
  CHECK(path("a/b").find('/', 3) == std::string::npos);
  CHECK(path(std::string(200, 'x').c_str()).size() < 110);
}

TEST_CASE("a folder that is not there is an error that names it") {
  const auto saved = ShipCursor("/nonexistent", "a").save(60'000);
  REQUIRE_FALSE(saved);
  CHECK(saved.error().message.find("/nonexistent") != std::string::npos);
}

}  // namespace tacho::store
