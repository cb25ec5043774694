#include "store/head/head.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <random>
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

namespace {

// A head of two columns and two spare ones that has grown by one, and the word that says so.
struct GrownHead {
  test::TempDir dir;
  std::shared_ptr<Head> head = Head::create(dir.path(), 7, schema_of(2), 8, 2).value();
  HeadWriter writer{head};
  static constexpr std::size_t kGrowthAt = 384;

  GrownHead() { REQUIRE(writer.grow({{Labels::of("m", {{"i", "2"}}), MetricType::counter, Rollup::min}})); }
  void patch(std::uint64_t offset, std::string_view bytes) {
    std::FILE* file = std::fopen(head->path().c_str(), "r+b");
    std::fseek(file, static_cast<long>(offset), SEEK_SET);
    std::fwrite(bytes.data(), 1, bytes.size(), file);
    std::fclose(file);
  }
};

}  // namespace

TEST_CASE("a series that is added is seen through another mapping, and absent in the rows before it") {
  test::TempDir dir;
  const auto head = Head::create(dir.path(), 7, schema_of(2), 8, 3).value();
  HeadWriter writer(head);
  const auto other = Head::open(head->path(), false).value();
  const auto row = [&](TimeMs t) {
    for (auto& c : writer.begin_row()) c.store(std::bit_cast<std::uint64_t>(static_cast<double>(t)));
    writer.publish(t);
  };
  const auto before = other->schema();
  row(1000);
  REQUIRE(writer.grow({{Labels::of("m", {{"i", "2"}}), MetricType::counter, Rollup::min}}));
  CHECK(writer.begin_row().size() == 3);
  row(2000);
  REQUIRE(writer.grow({{Labels::of("m", {{"i", "3"}})}, {Labels::of("n")}}));
  row(3000);
  CHECK(before->series.size() == 2);  // who holds it keeps it
  for (const auto& h : {other, head, Head::open(head->path(), false).value()}) {
    REQUIRE(h->columns() == 5);
    const auto schema = h->schema();
    REQUIRE(schema->series.size() == 5);
    CHECK(schema->group == "g");
    CHECK(schema->interval_ms == 1000);
    CHECK(schema->series[2] == SeriesInfo{Labels::of("m", {{"i", "2"}}), MetricType::counter, Rollup::min});
    CHECK(schema->series[4].labels == Labels::of("n"));
    CHECK(schema->id == encode_schema("g", 1000, schema->series)->id);
    CHECK(schema->id != h->first_schema_id());
    constexpr std::uint32_t all[] = {0, 1, 2, 3, 4};
    const HeadRows rows = h->read(all, 0, 100, 0, 10'000);
    REQUIRE(rows.times.size() == 3);
    CHECK(rows.columns[1] == std::vector<double>{1000, 2000, 3000});
    CHECK(is_absent(rows.columns[2][0]));
    CHECK(rows.columns[2][1] == 2000);
    CHECK(is_absent(rows.columns[4][1]));
    CHECK(rows.columns[4][2] == 3000);
  }
}

TEST_CASE("a head without room for more series says so and stays as it is") {
  GrownHead f;
  const SeriesInfo one{Labels::of("x")}, two{Labels::of("y")};
  SECTION("columns") {
    CHECK_FALSE(f.writer.grow({one, two}));
    CHECK(f.head->columns() == 3);
    CHECK(f.writer.grow({one}));
    CHECK_FALSE(f.writer.grow({two}));
  }
  SECTION("labels") {
    std::string noise;
    for (int i = 0; i < 5000; ++i) noise += static_cast<char>('a' + i * i % 23 + i % 3);
    std::mt19937 random(1);
    std::shuffle(noise.begin(), noise.end(), random);
    CHECK_FALSE(f.writer.grow({{Labels::of("x", {{"long", noise}})}}));
    CHECK(f.head->columns() == 3);
    CHECK(f.writer.grow({one}));
  }
  CHECK(Head::open(f.head->path(), false).value()->schema()->series.back().labels == Labels::of("x"));
}

TEST_CASE("an extension counts when the word says so: one that was being written at a kill is not there") {
  GrownHead f;
  f.writer.begin_row();
  f.writer.publish(1000);
  const std::string grown = *read_file(f.head->path());
  REQUIRE(f.writer.grow({{Labels::of("x")}}));
  SECTION("written, the word not stored yet") { f.patch(GrownHead::kGrowthAt, grown.substr(GrownHead::kGrowthAt, 8)); }
  SECTION("half written") {
    const std::string whole = *read_file(f.head->path());
    f.patch(0, grown);
    const auto first_difference = std::mismatch(grown.begin() + 4096, grown.end(), whole.begin() + 4096).first - grown.begin();
    f.patch(static_cast<std::uint64_t>(first_difference), whole.substr(static_cast<std::size_t>(first_difference), 20));
  }
  const auto opened = Head::open(f.head->path(), true);
  REQUIRE(opened);
  CHECK((*opened)->columns() == 3);
  CHECK((*opened)->schema()->series.size() == 3);
  CHECK((*opened)->published() == 1);
}

TEST_CASE("a head whose extensions or their word are damaged is refused") {
  GrownHead f;
  const std::string whole = *read_file(f.head->path());
  HeadGrowth growth;
  std::memcpy(&growth, whole.data() + GrownHead::kGrowthAt, sizeof growth);
  HeadFixed fixed;
  std::memcpy(&fixed, whole.data(), sizeof fixed);
  const std::size_t at = 4096 + (fixed.schema_bytes + 7) / 8 * 8;
  HeadExtension extension;
  std::memcpy(&extension, whole.data() + at, sizeof extension);
  REQUIRE(extension.columns == 1);
  const auto turned = [&](std::size_t from, std::size_t bytes) {
    for (std::size_t bit = from * 8; bit < (from + bytes) * 8; ++bit) {
      const char byte = static_cast<char>(whole[bit / 8] ^ (1 << (bit % 8)));
      f.patch(bit / 8, {&byte, 1});
      if (Head::open(f.head->path(), false)) FAIL_CHECK("bit " << bit << " was not noticed");
      f.patch(bit / 8, {&whole[bit / 8], 1});
    }
  };
  turned(GrownHead::kGrowthAt, 8);
  turned(at, sizeof extension + extension.packed_bytes);
  CHECK(Head::open(f.head->path(), false));
}

// A column that came with row n is absent before it and has its value from there on; no reader, whatever schema it has seen, finds
// anything else.
TEST_CASE("readers beside a writer that grows find each column from its first row on") {
  constexpr std::uint32_t kFirst = 4, kSpare = 60, kEvery = 100;
  test::TempDir dir;
  const auto head = Head::create(dir.path(), 7, schema_of(kFirst), 32, kSpare).value();
  HeadWriter writer(head);
  const auto born = [](std::uint32_t column) { return column < kFirst ? 0u : (column - kFirst + 1) * kEvery; };
  std::atomic<bool> done{false};
  std::atomic<std::uint64_t> wrong{0};
  std::vector<std::thread> readers;
  for (const auto& h : {head, Head::open(head->path(), false).value()}) {
    readers.emplace_back([&, h] {
      std::size_t grown = 0;
      while (!done) {
        const std::uint64_t published = h->published();
        const auto schema = h->schema();
        wrong += schema->series.size() < grown;
        grown = schema->series.size();
        for (std::size_t c = 0; c < grown; ++c) wrong += schema->series[c].labels.get("i") != std::to_string(c);
        std::vector<std::uint32_t> all(grown);
        for (std::uint32_t c = 0; c < grown; ++c) all[c] = c;
        const HeadRows rows = h->read(all, 0, published, 0, 1'000'000'000'000);
        for (std::size_t i = 0; i < rows.times.size(); ++i) {
          const std::uint64_t row = rows.first_row + i;
          if (grown < kFirst + kSpare)
            wrong += row >= born(static_cast<std::uint32_t>(grown));  // it must have been named by then
          for (std::uint32_t c = 0; c < grown; ++c) {
            const double v = rows.columns[c][i];
            wrong += row < born(c) ? !is_absent(v) : v != static_cast<double>(row * 100 + c);
          }
        }
      }
    });
  }
  std::uint32_t columns = kFirst;
  for (std::uint64_t row = 0; row < (kSpare + 10) * kEvery; ++row) {
    if (columns < kFirst + kSpare && row == born(columns)) {
      REQUIRE(writer.grow({{Labels::of("m", {{"i", std::to_string(columns)}})}}));
      ++columns;
    }
    auto cells = writer.begin_row();
    REQUIRE(cells.size() == columns);
    for (std::size_t c = 0; c < columns; ++c)
      cells[c].store(std::bit_cast<std::uint64_t>(static_cast<double>(row * 100 + c)), std::memory_order_release);
    writer.publish(static_cast<TimeMs>(row * 1000));
  }
  done = true;
  for (auto& t : readers) t.join();
  CHECK(columns == kFirst + kSpare);
  CHECK(wrong == 0);
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
