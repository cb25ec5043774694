#include "store/block/block.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>
#include <random>

using namespace tacho;
using namespace tacho::store;

namespace {

std::vector<std::uint64_t> bits(const std::vector<double>& v) {
  std::vector<std::uint64_t> out(v.size());
  std::memcpy(out.data(), v.data(), v.size() * 8);
  return out;
}

}  // namespace

TEST_CASE("a block gives back every bit of every cell") {
  std::vector<TimeMs> times;
  for (int i = 0; i < 8; ++i) times.push_back(1'700'000'000'000 + i * 1000 + (i == 5 ? 123 : 0));
  const std::vector<std::vector<double>> columns = {
      {0.0, -0.0, 1.5, std::bit_cast<double>(kStaleBits), normal_nan(), std::bit_cast<double>(0x7ff8dead'beef0001ull),
       std::numeric_limits<double>::infinity(), std::numeric_limits<double>::denorm_min()},
      {7, 7, 7, 7, 7, 7, 7, 7},
      std::vector<double>(8, absent()),
      {-0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0},
      {absent(), 1, absent(), 2, absent(), 3, absent(), 4},
  };
  const auto bytes = encode_block(times, columns);
  const auto block = BlockView::open_whole(bytes);
  REQUIRE(block);
  CHECK(std::vector<TimeMs>(block->times().begin(), block->times().end()) == times);
  for (std::size_t c = 0; c < columns.size(); ++c) {
    std::vector<double> out(8);
    REQUIRE(block->read_column(c, 0, out));
    CHECK(bits(out) == bits(columns[c]));
    std::vector<double> part(3);
    REQUIRE(block->read_column(c, 4, part));
    CHECK(bits(part) == bits({columns[c].begin() + 4, columns[c].begin() + 7}));
  }
}

TEST_CASE("times on the grid cost 16 bytes, constant columns 8") {
  std::vector<TimeMs> times;
  for (int i = 0; i < 1000; ++i) times.push_back(i * 1000);
  const auto small = encode_block(times, std::vector<std::vector<double>>{std::vector<double>(1000, 3.0)});
  CHECK(small.size() < 200);
}

TEST_CASE("damaged blocks are refused or decode within their bounds, never a crash") {
  std::vector<TimeMs> times{1, 2, 4, 8};
  const auto good = encode_block(times, std::vector<std::vector<double>>{{1, 2, 3, 4}, {5, 5, 5, 5}});
  std::mt19937_64 random(42);
  for (int i = 0; i < 20'000; ++i) {
    auto bad = good;
    for (int flips = 0; flips < 1 + i % 4; ++flips) bad[random() % bad.size()] ^= static_cast<std::byte>(1u << random() % 8);
    if (i % 5 == 0) bad.resize(random() % bad.size());
    const auto block = BlockView::open_whole(bad);
    if (!block) continue;
    std::vector<double> out(block->rows());
    for (std::size_t c = 0; c < block->columns(); ++c) (void)block->read_column(c, 0, out);
  }
}

// Columns that nothing makes small, so that a block of them has several pieces; each tells its row and number.
std::vector<std::vector<double>> noisy_columns(std::size_t columns, std::size_t rows) {
  std::mt19937_64 random(5);
  std::vector<std::vector<double>> out(columns);
  for (auto& c : out) {
    for (std::size_t i = 0; i < rows; ++i) c.push_back(static_cast<double>(random() >> 12));
  }
  return out;
}

TEST_CASE("a reader of one column reads the piece that it lies in, and no other") {
  std::vector<TimeMs> times;
  for (int i = 0; i < 1024; ++i) times.push_back(i * 1000);
  auto columns = noisy_columns(200, times.size());
  columns.push_back(columns[3]);  // a copy of one far away: its piece is read too
  const auto bytes = encode_block(times, columns);
  const std::vector<std::byte> head(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(*BlockView::head_size(bytes)));
  auto block = BlockView::open(head);
  REQUIRE(block);
  std::size_t read_bytes = 0, reads = 0;
  const auto read = [&](std::uint64_t offset, std::span<std::byte> out) -> Result<void> {
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
    read_bytes += out.size();
    ++reads;
    return {};
  };
  const auto check = [&](std::uint32_t column) {
    std::vector<double> out(times.size());
    REQUIRE(block->read_column(column, 0, out));
    CHECK(bits(out) == bits(columns[column]));
  };
  std::vector<double> unread(times.size());
  CHECK_FALSE(block->read_column(100, 0, unread));  // not loaded: refused, not made up
  const std::uint32_t one[] = {100}, copy[] = {200};
  REQUIRE(block->load(one, read));
  CHECK(reads == 1);
  CHECK(read_bytes < bytes.size() / 4);
  check(100);
  REQUIRE(block->load(one, read));
  CHECK(reads == 1);
  REQUIRE(block->load(copy, read));
  CHECK(reads == 3);
  check(200);
}

TEST_CASE("a damaged piece costs its columns, the others of the block are read") {
  std::vector<TimeMs> times;
  for (int i = 0; i < 1024; ++i) times.push_back(i * 1000);
  const auto columns = noisy_columns(100, times.size());
  auto bytes = encode_block(times, columns);
  bytes.back() ^= std::byte{1};
  auto block = BlockView::open(bytes);
  REQUIRE(block);
  const auto read = [&](std::uint64_t offset, std::span<std::byte> out) -> Result<void> {
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
    return {};
  };
  const std::uint32_t both[] = {0, 99};
  REQUIRE(block->load(both, read));
  std::vector<double> out(times.size());
  CHECK_FALSE(block->read_column(99, 0, out));
  REQUIRE(block->read_column(0, 0, out));
  CHECK(bits(out) == bits(columns[0]));
  CHECK_FALSE(BlockView::open_whole(bytes));
}

TEST_CASE("an encoding of a later version is a clear error") {
  struct Later final : ColumnSource {
    EncodedColumn column(std::size_t) const override { return {static_cast<Encoding>(200), {}}; }
    std::size_t columns() const override { return 1; }
  };
  std::vector<double> out(4);
  const auto r = read_column(Later(), 0, 4, 0, out, codec::kernels());
  REQUIRE_FALSE(r);
  CHECK(r.error().message.find("200") != std::string::npos);
}
