#include "store/head.h"

#include <catch2/catch.hpp>
#include <cstdio>
#include <filesystem>
#include <thread>

#include "tests/temp_dir.h"

using namespace tacho;
using namespace tacho::store;

namespace {

std::shared_ptr<const StoredSchema> schema_of(std::size_t columns) {
  Schema s;
  for (std::size_t i = 0; i < columns; ++i)
    s.push_back({Labels::of("m", {{"i", std::to_string(i)}}), MetricType::gauge, Rollup::max});
  return encode_schema("g", 1000, std::move(s));
}

struct HeadFixture {
  test::TempDir dir;
  std::shared_ptr<Head> head;
  std::unique_ptr<HeadWriter> writer;

  explicit HeadFixture(std::size_t columns, std::uint64_t capacity) {
    auto made = Head::create(dir.path(), 7, schema_of(columns), capacity);
    REQUIRE(made);
    head = *made;
    writer = std::make_unique<HeadWriter>(head);
  }
  void row(TimeMs t, double v) {
    auto cells = writer->begin_row();
    for (auto& c : cells) c.store(std::bit_cast<std::uint64_t>(v), std::memory_order_release);
    writer->publish(t);
  }
  std::shared_ptr<Head> reopened() {
    auto h = Head::open(head->path(), false);
    REQUIRE(h);
    return *h;
  }
};

constexpr std::uint32_t kFirst[] = {0};

}  // namespace

TEST_CASE("a published row is readable at once, also by another process's mapping") {
  HeadFixture f(3, 8);
  f.row(1000, 1.5);
  const auto other = f.reopened();
  f.row(2000, 2.5);
  const HeadRows rows = other->read(kFirst, 0, 100, 0, 10'000);
  CHECK(rows.times == std::vector<TimeMs>{1000, 2000});
  CHECK(rows.columns[0] == std::vector<double>{1.5, 2.5});
  CHECK(other->schema()->series[2].labels.get("i") == "2");
  CHECK(other->schema()->series[2].rollup == Rollup::max);
  CHECK(other->generation() == 7);
}

TEST_CASE("a row that was begun and not published leaves no trace") {
  HeadFixture f(1, 8);
  f.row(1000, 1);
  f.writer->begin_row()[0].store(42);
  CHECK(f.reopened()->read(kFirst, 0, 100, 0, 10'000).times.size() == 1);
}

TEST_CASE("a cell that was not set is absent, not zero") {
  HeadFixture f(2, 8);
  f.writer->begin_row()[0].store(std::bit_cast<std::uint64_t>(1.0));
  f.writer->publish(1000);
  constexpr std::uint32_t second[] = {1};
  const HeadRows rows = f.head->read(second, 0, 100, 0, 10'000);
  REQUIRE(rows.times.size() == 1);
  CHECK(is_absent(rows.columns[0][0]));
}

TEST_CASE("a full head keeps its newest rows and numbers them on") {
  HeadFixture f(1, 8);
  for (int i = 0; i < 20; ++i) f.row(1000 * i, i);
  const HeadRows rows = f.head->read(kFirst, 0, 100, 0, 1'000'000);
  CHECK(rows.first_row == 13);  // one frame is always the writer's
  CHECK(rows.times.front() == 13'000);
  CHECK(rows.columns[0].back() == 19);
}

TEST_CASE("only rows of the time range are copied") {
  HeadFixture f(1, 16);
  for (int i = 0; i < 10; ++i) f.row(1000 * i, i);
  const HeadRows rows = f.head->read(kFirst, 0, 100, 3000, 5000);
  CHECK(rows.first_row == 3);
  CHECK(rows.columns[0] == std::vector<double>{3, 4, 5});
  CHECK(f.head->read(kFirst, 0, 100, 20'000, 30'000).times.empty());
}

TEST_CASE("a head file that is damaged, cut short or of a newer version is refused with its path") {
  HeadFixture f(1, 8);
  const std::string path = f.head->path();
  const auto patch = [&](long offset, unsigned char byte) {
    std::FILE* file = std::fopen(path.c_str(), "r+b");
    std::fseek(file, offset, SEEK_SET);
    std::fputc(byte, file);
    std::fclose(file);
  };
  SECTION("header") { patch(20, 0xee); }
  SECTION("version") { patch(8, 1); }
  SECTION("schema") { patch(4096 + 40, 0xff); }
  SECTION("short") { std::filesystem::resize_file(path, 4200); }
  const auto opened = Head::open(path, false);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().message.find(path) != std::string::npos);
}

// The value of a cell says which row and column it belongs to: a torn or mixed row shows.
TEST_CASE("readers beside a writer never see a torn row") {
  constexpr std::size_t kColumns = 16;
  constexpr int kRows = 20'000;
  HeadFixture f(kColumns, 32);
  std::atomic<bool> done{false};
  std::vector<std::thread> readers;
  std::atomic<std::uint64_t> seen{0}, wrong{0};
  for (int r = 0; r < 2; ++r) {
    readers.emplace_back([&] {
      std::vector<std::uint32_t> columns(kColumns);
      for (std::uint32_t c = 0; c < kColumns; ++c) columns[c] = c;
      while (!done) {
        const HeadRows rows = f.head->read(columns, 0, ~0ull, 0, 1'000'000'000'000);
        for (std::size_t i = 0; i < rows.times.size(); ++i) {
          const auto row = rows.first_row + i;
          wrong += rows.times[i] != static_cast<TimeMs>(row * 1000);
          for (std::size_t c = 0; c < kColumns; ++c) wrong += rows.columns[c][i] != static_cast<double>(row * 100 + c);
          ++seen;
        }
      }
    });
  }
  for (std::uint64_t row = 0; row < kRows; ++row) {
    auto cells = f.writer->begin_row();
    for (std::size_t c = 0; c < kColumns; ++c)
      cells[c].store(std::bit_cast<std::uint64_t>(static_cast<double>(row * 100 + c)), std::memory_order_release);
    f.writer->publish(static_cast<TimeMs>(row * 1000));
  }
  done = true;
  for (auto& t : readers) t.join();
  CHECK(wrong == 0);
  CHECK(f.head->read(kFirst, 0, ~0ull, 0, 1'000'000'000'000).times.size() == 31);
}
