// Files that are cut, have bits turned, or are of a newer version: no wrong value, and what is whole is served.
#include <algorithm>
#include <fstream>
#include <random>

#include "tests/store/faulty_agent.h"
#include "tests/temp_dir.h"

using namespace tacho;
using namespace tacho::store;
using namespace tacho::test;

TEST_CASE("blocks are readable where the record of their schema is damaged and their head has it") {
  test::TempDir dir;
  const StoreDirs dirs{dir / "state", dir / "run"};
  const test::TellingRows steady{"g", 1000, 1'000'000};
  {
    const auto store = Store::open(options_for(dirs));
    REQUIRE(store);
    const auto group = (*store)->group("g", 1000);
    REQUIRE(group->describe(steady.schema(0)));
    for (std::uint64_t row = 0; row < 1100; ++row) {
      REQUIRE(steady.write(*group, row));
      REQUIRE((*store)->maintain());
    }
  }
  std::size_t blocks = 0, schemas = 0;
  for (const auto index = (*Ring::open(dirs.ring(), false))->snapshot(); const RecordRef& r : *index) {
    if (r.is_block()) {
      ++blocks;
      continue;
    }
    ++schemas;
    std::fstream file(dirs.ring(), std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>(r.offset + sizeof(RecordHeader) + 20)).write("\x55\x55\x55", 3);
  }
  REQUIRE(blocks == 1);
  REQUIRE(schemas > 0);
  const auto whole = [&](const Queryable& store) {
    const auto found = steady.check(store, {.published = 1100});
    CHECK(found.wrong == "");
    CHECK(found.oldest == 0);
  };
  const auto files = DirStore::open(dirs);
  REQUIRE(files);
  whole(**files);
  const auto store = Store::open(options_for(dirs));
  REQUIRE(store);
  whole(**store);
}

TEST_CASE("a head of a newer version is set aside, its staged rows are served, and the agent goes on") {
  test::TempDir dir;
  const StoreDirs dirs{dir / "state", dir / "run"};
  make_rows(dirs, 600);
  const std::string path = list_heads(dirs).at(0);
  {
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(8).put(3);
  }
  {
    const auto files = DirStore::open(dirs);
    REQUIRE(files);
    REQUIRE((*files)->problems().size() == 1);
    CHECK((*files)->problems()[0].find("version 3") != std::string::npos);
    CHECK(kRows.check(**files, {.published = 512}).wrong == "");
  }
  const auto store = Store::open(options_for(dirs));
  REQUIRE(store);
  CHECK(kRows.check(**store, {.published = 512}).wrong == "");
  CHECK((*store)->stats().damaged_blocks == 1);
  CHECK(fs::exists(path + ".damaged"));
}

TEST_CASE("a ring cut short anywhere: what lies before the cut is served, and nothing else") {
  test::TempDir dir = test::TempDir::in_memory();
  const StoreDirs dirs{dir / "state", dir / "run"};
  {
    Wrong wrong;
    Agent agent(wrong, dirs);
    agent.write(6000);
    REQUIRE(agent.store->seal_all());
    agent.group.reset();
    REQUIRE(agent.store->maintain());
    REQUIRE(list_heads(dirs).empty());
    CHECK(wrong.text == "");
  }
  const auto ring = Ring::open(dirs.ring(), false);
  REQUIRE(ring);
  const auto index = (*ring)->snapshot();
  std::vector<std::uint64_t> lengths{0, 1, 31, 32, 79, 80, 4095, 4096, 4097};
  std::mt19937_64 random(5);
  const std::uint64_t used = index->back().offset + record_bytes(index->back().header.payload_bytes);
  for (std::uint64_t i = 0; i < rounds(60); ++i) lengths.push_back(4096 + random() % (used - 4096));
  for (const std::uint64_t length : lengths) {
    INFO("cut to " << length);
    std::uint64_t whole = 0;  // rows of the blocks before the cut
    for (const RecordRef& r : *index) {
      if (r.header.type == 1 && r.offset + record_bytes(r.header.payload_bytes) <= length) whole += r.header.rows;
    }
    const StoreDirs cut = copied(dirs, dir / "cut");
    fs::resize_file(cut.ring(), length);
    const auto files = DirStore::open(cut);
    const auto store = Store::open(options_for(cut));
    if (length < 32) {
      CHECK_FALSE(files);
      REQUIRE_FALSE(store);
      CHECK(store.error().message.find("move it away") != std::string::npos);
      continue;
    }
    REQUIRE(files);
    REQUIRE(store);
    for (const Queryable* q : {static_cast<const Queryable*>(files->get()), static_cast<const Queryable*>(store->get())}) {
      const auto found = kRows.check(*q, {.published = whole});
      CHECK(found.wrong == "");
      CHECK(found.rows == whole);
    }
    CHECK(fs::file_size(cut.ring()) == 1 << 20);
  }
}

TEST_CASE("bits turned anywhere in ring and stages: no wrong value, and every block that is whole is served") {
  test::TempDir dir = test::TempDir::in_memory();
  const StoreDirs dirs{dir / "state", dir / "run"};
  std::uint64_t rows = 0, repeats = 0;
  SECTION("of a young ring") { rows = 6000, repeats = rounds(150); }
  SECTION("of a ring that has wrapped") { rows = 60'000, repeats = rounds(30); }
  make_rows(dirs, rows);
  const auto ring = Ring::open(dirs.ring(), false);
  REQUIRE(ring);
  const auto index = (*ring)->snapshot();
  const std::uint64_t used = rows == 6000 ? index->back().offset + record_bytes(index->back().header.payload_bytes) : 1 << 20;
  const auto stages = list_stages(dirs);
  REQUIRE(stages.size() > 1);
  // Which rows are there.
  const auto rows_of = [&](const Queryable& q) {
    const auto found = kRows.check(q, {.published = rows, .gaps = true});
    CHECK(found.wrong == "");
    const Matcher first[] = {Matcher::equal("s", "0")};
    const auto answer = q.select(first, {0, kRows.time(rows)}, {});
    REQUIRE(answer);
    std::vector<bool> there(rows);
    for (const TimeMs t : answer->series.at(0).times) there[static_cast<std::size_t>(t / 1000 - 1)] = true;
    return there;
  };
  const std::vector<bool> before = rows_of(**DirStore::open(dirs));
  CHECK(before.front() == (rows == 6000));
  // An agent that starts seals what lies in the head, over the oldest blocks where the ring is full.
  const auto oldest = static_cast<std::size_t>(std::ranges::find(before, true) - before.begin());
  const std::size_t oldest_kept = oldest == 0 ? 0 : oldest + 3 * kRows.epoch_rows;
  const std::uint64_t seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  for (std::uint64_t round = 0; round < repeats; ++round) {
    const StoreDirs at = copied(dirs, dir / "at");
    std::vector<bool> lost(rows);  // rows that may be missing
    const auto lose = [&](const RecordHeader& h, std::uint64_t epoch_first) {
      for (std::uint64_t r = 0; r < h.rows; ++r) lost[epoch_first + h.first_row + r] = true;
    };
    // A generation of the group begins with each epoch.
    const auto first_of = [&](const RecordHeader& h) { return static_cast<std::uint64_t>(h.t_min / 1000) - 1 - h.first_row; };
    const auto turn = [&](const std::string& path, std::uint64_t offset) {
      std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
      file.seekg(static_cast<std::streamoff>(offset));
      const int c = file.get();
      file.seekp(static_cast<std::streamoff>(offset));
      file.put(static_cast<char>(c ^ (1 << random() % 8)));
    };
    for (std::uint64_t n = 1 + random() % 4; n > 0; --n) {
      const std::uint64_t offset = 64 + random() % (used - 64);  // behind the superblock, of which ring_test.cc turns bits
      turn(at.ring(), offset);
      for (const RecordRef& r : *index) {
        if (offset < r.offset || offset >= r.offset + record_bytes(r.header.payload_bytes)) continue;
        if (r.header.type == 1) lose(r.header, first_of(r.header));
        if (r.header.type != 2) continue;
        // Its blocks are as good as gone where there is no other copy.
        for (const RecordRef& b : *index) {
          if (b.header.type == 1 && b.header.schema_id == r.header.schema_id) lose(b.header, first_of(b.header));
        }
      }
    }
    if (random() % 2 == 0) {
      const auto path = at.state + stages[random() % stages.size()].substr(dirs.state.size());
      const auto stage = Stage::open(path);
      REQUIRE(stage);
      turn(path, random() % fs::file_size(path));
      lose((*stage)->header(), first_of((*stage)->header()));
    }
    const auto look = [&](const Queryable& q, std::size_t from) {
      const std::vector<bool> there = rows_of(q);
      for (std::size_t row = from; row < rows; ++row) {
        if (before[row] && !there[row] && !lost[row])
          FAIL("round " << round << ": row " << row << " is missing, and its block is whole");
      }
    };
    {
      const auto files = DirStore::open(at);
      REQUIRE(files);
      look(**files, 0);
    }
    const auto store = Store::open(options_for(at));
    REQUIRE(store);
    look(**store, oldest_kept);
    REQUIRE((*store)->seal_all());
    look(**store, oldest_kept);
  }
}

TEST_CASE("bits turned anywhere in a head: no crash, and the agent goes on") {
  test::TempDir dir = test::TempDir::in_memory();
  const StoreDirs dirs{dir / "state", dir / "run"};
  make_rows(dirs, 300);
  std::mt19937_64 random(7);
  for (std::uint64_t round = 0; round < rounds(300); ++round) {
    const StoreDirs at = copied(dirs, dir / "at");
    const std::string path = list_heads(at).at(0);
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    // Half of them in the header, where the counts are too.
    const auto offset = static_cast<std::streamoff>(random() % (round % 2 == 0 ? 336 : fs::file_size(path)));
    file.seekg(offset);
    const int c = file.get();
    file.seekp(offset);
    file.put(static_cast<char>(c ^ (1 << random() % 8))).flush();
    const auto files = DirStore::open(at);
    REQUIRE(files);
    CHECK((*files)->select({}, {0, 1'000'000'000}, {}));
    const auto store = Store::open(options_for(at));
    REQUIRE(store);
    CHECK((*store)->select({}, {0, 1'000'000'000}, {}));
    auto group = (*store)->group("g", 1000);
    REQUIRE(group->describe(kRows.schema(300)));
    for (std::uint64_t row = 300; row < 305; ++row) REQUIRE(kRows.write(*group, row));
    CHECK((*store)->seal_all());
  }
}
