#include <filesystem>
#include <fstream>
#include <random>

#include "tests/store/newest.h"
#include "tests/store/store_fixture.h"

using namespace tacho;
using namespace tacho::store;

TEST_CASE("rows reach the ring as blocks of 1024, out of a head of 256") {
  StoreFixture f;
  f.describe({"a"});
  f.seconds(0, 3000);
  CHECK(f.blocks() == std::vector<std::uint32_t>{1024, 1024});
  CHECK(f.stages() == (3000 - 2048) / 128);
  CHECK(f.store->stats().sealed_rows == 3000 / 128 * 128);
  CHECK(f.store->stats().lost_rows == 0);
  REQUIRE(f.store->seal_all());
  CHECK(f.blocks() == std::vector<std::uint32_t>{1024, 1024, 3000 - 2048});
  CHECK(f.stages() == 0);
  CHECK(f.store->stats().sealed_rows == 3000);
  CHECK(StoreFixture::has_seconds(*f.store, 3000));
}

TEST_CASE("everything published is readable at every instant, while rows move from head to stage to ring") {
  StoreFixture f;
  f.describe({"a"});
  const auto files = DirStore::open(f.dirs);  // one that has seen earlier states, as `tacho top` has
  REQUIRE(files);
  for (int n = 1; n <= 2400; ++n) {
    f.row((n - 1) * 1000, {static_cast<double>(n - 1)});
    if (n % 7 == 0) REQUIRE(f.store->maintain());
    if (n % 7 != 0 && n % 128 > 2) continue;
    if (!StoreFixture::has_seconds(*f.store, n)) FAIL("in the agent after row " << n);
    if (!StoreFixture::has_seconds(**files, n)) FAIL("in an old view of the files after row " << n);
    if (n % 64 < 7 && !f.files_have_seconds(n)) FAIL("in the files after row " << n);
  }
  CHECK((*files)->problems().empty());
  CHECK(f.store->group_rows({0, 1'000'000'000})[0].rows == 2400);
}

TEST_CASE("a crash at any moment loses no row and gives none twice") {
  StoreFixture f;
  f.describe({"a"});
  int at = 0;
  for (const int n : {1, 127, 128, 129, 500, 1023, 1024, 1025, 1151, 1152, 1300}) {
    f.seconds(at, n);
    at = n;
    const StoreDirs copy = f.crashed(std::to_string(n));
    INFO(n);
    CHECK(StoreFixture::restarted_has_seconds(copy, n));
    for (const std::uint32_t rows : StoreFixture::blocks(copy)) CHECK((rows >= 1000 || n < 1000 || rows == n % 1024u));
  }
}

TEST_CASE("a crash between two steps of sealing is recognised") {
  StoreFixture f;
  f.describe({"a"});
  f.seconds(0, 1000);
  REQUIRE(f.stages() == 7);
  const StoreDirs staged = f.crashed("staged");
  namespace fs = std::filesystem;
  SECTION("staged, and the head does not say so") {
    const auto head = Head::open(list_heads(staged)[0], true);
    REQUIRE(head);
    (*head)->mark_sealed(6 * 128);
    CHECK(StoreFixture::restarted_has_seconds(staged, 1000));
  }
  SECTION("a stage was being written") {
    fs::copy_file(list_stages(staged)[0], staged.state + "/g.1.896.stage.new");
    fs::resize_file(staged.state + "/g.1.896.stage.new", 200);
    CHECK(StoreFixture::restarted_has_seconds(staged, 1000));
    CHECK_FALSE(fs::exists(staged.state + "/g.1.896.stage.new"));
  }
  SECTION("appended, and neither the head says so nor is a stage removed") {
    f.seconds(1000, 1024);
    const StoreDirs both = f.crashed("both");
    for (const std::string& stage : list_stages(staged)) fs::copy(stage, both.state);
    const auto head = Head::open(list_heads(both)[0], true);
    REQUIRE(head);
    (*head)->mark_sealed(896);
    const auto files = DirStore::open(both);
    REQUIRE(files);
    CHECK(StoreFixture::has_seconds(**files, 1024));
    CHECK(StoreFixture::restarted_has_seconds(both, 1024));
    CHECK(StoreFixture::blocks(both) == std::vector<std::uint32_t>{1024});
  }
  SECTION("appended, and some stages are removed") {
    f.seconds(1000, 1100);
    const StoreDirs both = f.crashed("both");
    for (std::size_t i = 3; i < 7; ++i) fs::copy(list_stages(staged)[i], both.state);
    CHECK(StoreFixture::restarted_has_seconds(both, 1100));
    CHECK(StoreFixture::blocks(both) == std::vector<std::uint32_t>{1024, 76});
  }
  SECTION("appended, and a stage between others is removed before them") {
    f.seconds(1000, 1100);
    const StoreDirs both = f.crashed("both");
    fs::copy(list_stages(staged)[1], both.state);
    const auto files = DirStore::open(both);
    REQUIRE(files);
    CHECK(StoreFixture::has_seconds(**files, 1100));
    CHECK(StoreFixture::restarted_has_seconds(both, 1100));
  }
  SECTION("all is in the ring and the head is not removed") {
    f.group.reset();
    const auto live = list_heads(f.dirs);
    const auto before = f.crashed("before");
    REQUIRE(f.store->maintain());
    REQUIRE(list_heads(f.dirs).empty());
    const StoreDirs both = f.crashed("both");
    fs::copy(list_heads(before)[0], both.runtime);
    CHECK(StoreFixture::restarted_has_seconds(both, 1000));
    CHECK(StoreFixture::blocks(both) == std::vector<std::uint32_t>{1000});
  }
  SECTION("the head is gone and stages are left") {
    fs::remove(list_heads(staged)[0]);
    const auto files = DirStore::open(staged);
    REQUIRE(files);
    CHECK(StoreFixture::has_seconds(**files, 896));
    CHECK(StoreFixture::restarted_has_seconds(staged, 896));
  }
}

TEST_CASE("a damaged stage is set aside and counted, the rest is served, and what the head still has") {
  StoreFixture f;
  f.describe({"a"});
  f.seconds(0, 1000);
  const StoreDirs at = f.crashed("at");
  const auto damage = [&](std::uint64_t first_row) {
    const std::string path = fmt::format("{}/g.1.{}.stage", at.state, first_row);
    std::string bytes = *read_file(path);
    bytes[120] = static_cast<char>(bytes[120] ^ 4);
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
    return path;
  };
  SECTION("rows that are nowhere else") {
    const std::string path = damage(256);
    auto files = DirStore::open(at);
    REQUIRE(files);
    CHECK(f.count(**files) == 1000 - 128);
    CHECK((*files)->problems().size() == 1);
    auto s = Store::open({at, 4 << 20, {}, kBlockRows});
    REQUIRE(s);
    CHECK(f.count(**s) == 1000 - 128);
    CHECK((*s)->stats().damaged_blocks == 1);
    CHECK((*s)->stats().recovered_rows == 1000 - 128);
    CHECK(std::filesystem::exists(path + ".damaged"));
    CHECK(list_stages(at).empty());
  }
  SECTION("rows that are still in the head") {
    damage(768);
    CHECK(StoreFixture::restarted_has_seconds(at, 1000));
  }
  SECTION("cut short") {
    std::filesystem::resize_file(at.state + "/g.1.0.stage", 100);
    auto s = Store::open({at, 4 << 20, {}, kBlockRows});
    REQUIRE(s);
    CHECK(f.count(**s) == 1000 - 128);
    CHECK((*s)->stats().damaged_blocks == 1);
  }
  SECTION("of a head and a ring that are gone: stages say themselves what they are") {
    std::filesystem::remove(list_heads(at)[0]);
    std::filesystem::remove(at.ring());
    const auto files = DirStore::open(at);
    REQUIRE(files);
    CHECK(StoreFixture::has_seconds(**files, 896));
    CHECK(StoreFixture::restarted_has_seconds(at, 896));
    CHECK(StoreFixture::blocks(at) == std::vector<std::uint32_t>{896});
  }
  SECTION("of a head that is gone, where the one that says what they are is damaged") {
    damage(0);
    std::filesystem::remove(list_heads(at)[0]);
    auto s = Store::open({at, 4 << 20, {}, kBlockRows});
    REQUIRE(s);
    CHECK(f.count(**s) == 0);
    CHECK((*s)->stats().damaged_blocks == 7);
    CHECK(list_stages(at).empty());
  }
}

TEST_CASE("the clock steps back among staged rows: blocks end there, and the newer reading counts") {
  StoreFixture f;
  f.describe({"a"});
  f.seconds(0, 300);
  f.seconds(200, 500);  // rows 300 .. 599
  const auto right = [&](const Queryable& q) { return StoreFixture::has_seconds(q, 500); };
  CHECK(right(*f.store));
  CHECK(f.files_have_seconds(500));
  CHECK(f.stages() == 5);  // 0, 128, 256 up to the step, 300 up to 384, 384 up to 512
  const StoreDirs copy = f.crashed("copy");
  CHECK(StoreFixture::restarted_has_seconds(copy, 500));
  REQUIRE(f.store->seal_all());
  CHECK(right(*f.store));
  CHECK(f.blocks() == std::vector<std::uint32_t>{300, 300});
}

TEST_CASE("a new generation sends the staged rows of the old one to the ring in one block") {
  StoreFixture f;
  f.describe({"a"});
  f.seconds(0, 600);
  f.describe({"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"});  // eight of them would have found a spare column
  CHECK(f.stages() == 4);
  f.row(600'000, {600, 0});
  REQUIRE(f.store->maintain());
  CHECK(f.stages() == 0);
  CHECK(f.blocks() == std::vector<std::uint32_t>{600});
  CHECK(list_heads(f.dirs).size() == 1);
  CHECK(f.count(*f.store) == 602);
  CHECK(f.ask(*f.store, "a", 598'000, 700'000) == "598000=598 599000=599 600000=600 ");
}

TEST_CASE("no row waits outside the ring longer than the bound") {
  StoreFixture f;
  f.group = f.store->group("slow", 60'000);
  f.describe({"a"});
  TimeMs newest_in_ring = -1;
  for (TimeMs t = 0; t < 6 * 3'600'000; t += 60'000) {
    f.row(t, {static_cast<double>(t)});
    REQUIRE(f.store->maintain());
    for (const auto index = (*Ring::open(f.dirs.ring(), false))->snapshot(); const RecordRef& r : *index)
      newest_in_ring = std::max(newest_in_ring, r.header.type == 1 ? r.header.t_max : -1);
    REQUIRE(t - newest_in_ring <= kStageAgeMs + 60'000);
  }
  CHECK(f.count(*f.store) == 360);
  for (const std::uint32_t rows : f.blocks()) CHECK(rows == 77);
}

TEST_CASE("where no stage can be written, rows go straight to the ring") {
  StoreFixture f;
  f.describe({"a"});
  f.seconds(0, 300);
  REQUIRE(f.stages() == 2);
  const std::string in_the_way = f.dirs.state + "/g.1.256.stage.new";
  std::filesystem::create_directory(in_the_way);
  f.seconds(300, 384);
  CHECK(f.blocks() == std::vector<std::uint32_t>{384});  // those staged before go with them
  CHECK(f.stages() == 0);
  CHECK(StoreFixture::has_seconds(*f.store, 384));
  f.seconds(384, 1000);
  CHECK(f.stages() == 4);
  CHECK(f.store->stats().sealed_rows == 1000 / 128 * 128);
  CHECK(StoreFixture::has_seconds(*f.store, 1000));
  CHECK(StoreFixture::restarted_has_seconds(f.crashed("copy"), 1000));
}

TEST_CASE("blocks that would be too large for a small ring have fewer rows") {
  StoreFixture f(1 << 20);
  std::vector<std::string> devices;
  for (int i = 0; i < 64; ++i) devices.push_back(std::to_string(i));
  std::mt19937_64 random(64);  // nothing that an encoding could take out
  f.describe(devices);
  for (int i = 0; i < 1200; ++i) {
    std::vector<double> v;
    for (int c = 0; c < 64; ++c) v.push_back(std::ldexp(static_cast<double>(random() >> 11), -53));
    f.row(i * 1000, v);
    REQUIRE(f.store->maintain());
    REQUIRE(f.store->bounds().max == i * 1000);
  }
  CHECK(f.store->stats().lost_rows == 0);
  CHECK(f.blocks().size() > 1);
  CHECK(f.count(*f.store) == 1200 * 64);
}
