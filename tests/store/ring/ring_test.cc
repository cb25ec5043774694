#include "store/ring/ring.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdio>
#include <filesystem>
#include <random>

#include "tests/temp_dir.h"

using namespace tacho;
using namespace tacho::store;

namespace {

constexpr std::uint64_t kSize = 1 << 20;

struct RingFixture {
  test::TempDir dir;
  std::string path = dir / "ring";
  std::unique_ptr<Ring> ring;
  std::uint64_t appended = 0;

  RingFixture() { open(); }
  void open() {
    ring.reset();
    auto r = Ring::open(path, true, kSize);
    if (!r) FAIL(r.error().message);
    ring = std::move(*r);
  }
  static std::vector<std::byte> payload(std::uint64_t n, std::size_t size) {
    std::mt19937_64 random(n);
    std::vector<std::byte> out(size);
    for (auto& b : out) b = static_cast<std::byte>(random());
    return out;
  }
  void append(std::size_t size) {
    RecordHeader h{};
    h.type = static_cast<std::uint16_t>(RecordType::block);
    h.first_row = appended;
    const auto ok = ring->append(h, payload(appended, size));
    if (!ok) FAIL(ok.error().message);
    ++appended;
  }
  // Every record in the index reads back whole, in order, up to the newest.
  void check_contents(std::uint64_t newest) {
    const auto index = ring->snapshot();
    REQUIRE_FALSE(index->empty());
    CHECK(index->back().header.first_row == newest);
    for (std::size_t i = 0; i < index->size(); ++i) {
      const auto& r = (*index)[i];
      if (i > 0) CHECK(r.header.first_row == (*index)[i - 1].header.first_row + 1);
      const auto got = ring->read(r);
      REQUIRE(got);
      CHECK(*got == payload(r.header.first_row, r.header.payload_bytes));
    }
  }
  void corrupt(std::uint64_t offset) {
    std::FILE* f = std::fopen(path.c_str(), "r+b");
    std::fseek(f, static_cast<long>(offset), SEEK_SET);
    const int c = std::fgetc(f);
    std::fseek(f, static_cast<long>(offset), SEEK_SET);
    std::fputc(c ^ 0x55, f);
    std::fclose(f);
  }
};

}  // namespace

TEST_CASE("the ring keeps the newest records over many laps, also across opening") {
  RingFixture f;
  std::mt19937_64 random(1);
  for (int i = 0; i < 500; ++i) {
    f.append(random() % 40'000);
    if (i % 50 == 49) {
      const std::size_t before = f.ring->snapshot()->size();
      f.check_contents(f.appended - 1);
      f.open();
      CHECK(f.ring->snapshot()->size() == before);
      CHECK(f.ring->recovery().damaged == 0);
      f.check_contents(f.appended - 1);
    }
  }
  CHECK(std::filesystem::file_size(f.path) == kSize);
}

TEST_CASE("a damaged record is skipped and counted, the others stay") {
  RingFixture f;
  for (int i = 0; i < 10; ++i) f.append(5000);
  const auto target = (*f.ring->snapshot())[4];
  SECTION("payload") { f.corrupt(target.offset + 1000); }
  SECTION("header") { f.corrupt(target.offset + 30); }
  f.open();
  CHECK(f.ring->snapshot()->size() == 9);
  for (const auto index = f.ring->snapshot(); const auto& r : *index) CHECK(r.header.first_row != 4);
  f.append(100);
  CHECK(f.ring->snapshot()->back().header.first_row == 10);
}

TEST_CASE("a torn last record counts as absent, and its place is used again") {
  RingFixture f;
  for (int i = 0; i < 5; ++i) f.append(3000);
  const auto last = f.ring->snapshot()->back();
  f.corrupt(last.offset + 200);
  f.open();
  CHECK(f.ring->snapshot()->size() == 4);
  f.appended = 4;
  f.append(2000);
  f.open();
  f.check_contents(4);
}

TEST_CASE("a ring file that was cut short keeps what lies before the cut") {
  RingFixture f;
  for (int i = 0; i < 20; ++i) f.append(20'000);
  f.ring.reset();
  std::filesystem::resize_file(f.path, 200'000);
  f.open();
  CHECK(f.ring->snapshot()->size() == 9);
  f.appended = 9;
  f.append(1000);
  f.check_contents(9);
}

TEST_CASE("another budget keeps the newest records that fit") {
  RingFixture f;
  for (int i = 0; i < 200; ++i) f.append(10'000);
  f.ring.reset();
  auto larger = Ring::open(f.path, true, 2 * kSize);
  REQUIRE(larger);
  f.ring = std::move(*larger);
  f.check_contents(199);
  CHECK(std::filesystem::file_size(f.path) == 2 * kSize);
}

TEST_CASE("files that are no ring, or of a newer version, are refused and left alone") {
  RingFixture f;
  f.ring.reset();
  SECTION("version") { f.corrupt(8); }
  SECTION("magic") { f.corrupt(0); }
  SECTION("checksum") { f.corrupt(17); }
  const auto before = read_file(f.path);
  const auto r = Ring::open(f.path, true, kSize);
  REQUIRE_FALSE(r);
  CHECK(r.error().message.find(f.path) != std::string::npos);
  CHECK(read_file(f.path).value() == *before);
}

TEST_CASE("a reader in another process sees what is appended, and never a mixed record") {
  RingFixture f;
  auto reader = Ring::open(f.path, false);
  REQUIRE(reader);
  for (int i = 0; i < 300; ++i) {
    const auto stale = (*reader)->snapshot();
    f.append(17'000);
    REQUIRE((*reader)->refresh());
    CHECK((*reader)->snapshot()->back().header.first_row == f.appended - 1);
    for (const auto& r : *stale) {
      const auto got = (*reader)->read(r);  // may be gone by now; if not, it is whole
      if (got) CHECK(*got == RingFixture::payload(r.header.first_row, r.header.payload_bytes));
    }
  }
}

namespace {

// What a look at the ring by somebody who has never seen it before finds, and what one that has seen it must find too.
void same_as_fresh(const Ring& reader, const std::string& path) {
  const auto fresh = Ring::open(path, false);
  REQUIRE(fresh);
  const auto a = reader.snapshot(), b = (*fresh)->snapshot();
  REQUIRE(a->size() == b->size());
  for (std::size_t i = 0; i < a->size(); ++i) {
    REQUIRE((*a)[i].offset == (*b)[i].offset);
    REQUIRE((*a)[i].header.checksum == (*b)[i].header.checksum);
  }
  REQUIRE(a->groups().size() == b->groups().size());
  for (std::size_t g = 0; g < a->groups().size(); ++g) {
    std::vector<std::uint64_t> of_a, of_b;
    const auto into = [](auto& out) { return [&out](const RecordRef& r) { out.push_back(r.header.sequence); }; };
    a->groups()[g]->visit_from(a->groups()[g]->begin(), into(of_a));
    b->groups()[g]->visit_from(b->groups()[g]->begin(), into(of_b));
    REQUIRE(of_a == of_b);
    REQUIRE(a->groups()[g]->name() == b->groups()[g]->name());
  }
}

}  // namespace

TEST_CASE("readers that look at every moment or sleep through laps find what a fresh look finds") {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    INFO("seed " << seed);
    RingFixture f;
    std::mt19937_64 random(seed);
    std::vector<std::shared_ptr<const StoredSchema>> schemas;
    for (int g = 0; g < 3; ++g)
      schemas.push_back(encode_schema("g" + std::to_string(g), 1000, {{Labels::of("m", {}), MetricType::gauge, Rollup::none}}));
    std::vector<std::uint64_t> schema_at(schemas.size());
    std::vector<std::unique_ptr<Ring>> readers;
    for (int i = 0; i < 4; ++i) readers.push_back(std::move(*Ring::open(f.path, false)));
    const std::size_t most = std::vector<std::size_t>{5'000, 20'000, 60'000, 200'000}[seed / 2 % 4];
    const int lap = static_cast<int>(2 * kSize / most);
    const int every[] = {1, 2, 3 * lap / 4, 5 * lap / 2};  // the last sleeps for two and a half laps
    for (int i = 0; i < 1000; ++i) {
      // Often enough that a block's schema is there as long as it is.
      for (std::size_t s = 0; s < schemas.size(); ++s) {
        if (schema_at[s] != 0 && f.ring->appended_bytes() - schema_at[s] < kSize / 5) continue;
        RecordHeader h{};
        h.type = static_cast<std::uint16_t>(RecordType::schema);
        h.schema_id = schemas[s]->id;
        REQUIRE(f.ring->append(h, pack_schema(*schemas[s])));
        schema_at[s] = f.ring->appended_bytes();
      }
      const std::size_t s = random() % schemas.size();
      RecordHeader h{};
      h.type = static_cast<std::uint16_t>(RecordType::block);
      h.schema_id = schemas[s]->id;
      h.generation = s;
      h.first_row = static_cast<std::uint64_t>(i);
      h.rows = 1;
      REQUIRE(f.ring->append(h, RingFixture::payload(static_cast<std::uint64_t>(i), random() % most)));
      if (random() % 60 == 0) {  // the agent starts again
        f.open();
        std::ranges::fill(schema_at, 0);
      }
      // Where the file system's clock is too coarse, the file never looks changed.
      if (seed % 2 == 0) std::filesystem::last_write_time(f.path, std::filesystem::file_time_type{});
      for (std::size_t r = 0; r < readers.size(); ++r) {
        if (i % every[r] != 0) continue;
        REQUIRE(readers[r]->refresh());
        same_as_fresh(*readers[r], f.path);
      }
    }
    for (const auto& reader : readers) {
      REQUIRE(reader->refresh());
      same_as_fresh(*reader, f.path);
    }
    same_as_fresh(*f.ring, f.path);
  }
}

TEST_CASE("a reader finds what lies behind a record that was damaged since it looked") {
  RingFixture f;
  for (int i = 0; i < 3; ++i) f.append(5000);
  const auto reader = Ring::open(f.path, false);
  REQUIRE(reader);
  for (int i = 0; i < 3; ++i) f.append(5000);
  SECTION("the next one") { f.corrupt((*f.ring->snapshot())[3].offset + 30); }
  SECTION("one between") { f.corrupt((*f.ring->snapshot())[4].offset + 30); }
  for (int i = 0; i < 2; ++i) {
    f.append(5000);
    REQUIRE((*reader)->refresh());
  }
  same_as_fresh(**reader, f.path);
  CHECK((*reader)->snapshot()->size() == 7);
  CHECK((*reader)->snapshot()->back().header.first_row == 7);
}

TEST_CASE("a number that was given twice after a torn write costs a reader nothing but the torn record") {
  RingFixture f;
  for (int i = 0; i < 5; ++i) f.append(5000);
  const auto before = Ring::open(f.path, false);
  REQUIRE(before);
  const auto index = f.ring->snapshot();
  // The last two lose a part of their payload, as in a power cut; their headers stay.
  for (const std::size_t i : {3, 4}) f.corrupt((*index)[i].end() - 100);
  f.open();
  f.appended = 3;
  f.append(100);
  f.append(100);
  REQUIRE(f.ring->snapshot()->back().end() < (*index)[4].offset);
  REQUIRE(f.ring->snapshot()->back().header.sequence == (*index)[4].header.sequence);
  same_as_fresh(*f.ring, f.path);
  REQUIRE((*before)->refresh());
  same_as_fresh(**before, f.path);
  CHECK((*before)->snapshot()->size() == 5);
}

TEST_CASE("a reader knows that the ring was made anew with another size") {
  RingFixture f;
  for (int i = 0; i < 20; ++i) f.append(10'000);
  const auto reader = Ring::open(f.path, false);
  REQUIRE(reader);
  CHECK_FALSE((*reader)->replaced());
  f.ring.reset();
  REQUIRE(Ring::open(f.path, true, 2 * kSize));
  CHECK((*reader)->replaced());
}

TEST_CASE("a part of a payload is read as it lies there, and nothing outside it") {
  RingFixture f;
  for (int i = 0; i < 3; ++i) f.append(1000);
  const RecordRef r = (*f.ring->snapshot())[1];
  const auto whole = RingFixture::payload(1, 1000);
  std::vector<std::byte> part(300);
  REQUIRE(f.ring->read(r, 700, part));
  CHECK(std::equal(part.begin(), part.end(), whole.begin() + 700));
  REQUIRE(f.ring->read(r, 1000, std::span<std::byte>{}));
  const auto refused = f.ring->read(r, 701, part);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("1000") != std::string::npos);
  CHECK_FALSE(f.ring->read(r, ~std::uint64_t{0}, part));
  // What was damaged is for who asks to find.
  f.corrupt(r.offset + sizeof(RecordHeader) + 710);
  CHECK_FALSE(f.ring->read(r));
  REQUIRE(f.ring->read(r, 700, part));
  CHECK(part[10] != whole[710]);
}

TEST_CASE("a record that could not fit is refused, and the ring goes on") {
  RingFixture f;
  f.append(10);
  RecordHeader h{};
  CHECK_FALSE(f.ring->append(h, RingFixture::payload(0, kSize / 2)));
  f.append(10);
  f.check_contents(1);
}
