#include "store/ring.h"

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

TEST_CASE("a record that could not fit is refused, and the ring goes on") {
  RingFixture f;
  f.append(10);
  RecordHeader h{};
  CHECK_FALSE(f.ring->append(h, RingFixture::payload(0, kSize / 2)));
  f.append(10);
  f.check_contents(1);
}
