// Reads the worked example of store/FORMAT.md: the page and the code cannot drift apart, and yesterday's bytes stay readable.
#include <catch2/catch.hpp>
#include <filesystem>
#include <sstream>

#include "store/block/block.h"
#include "store/block/schema_codec.h"
#include "store/codec/prefix_code.h"
#include "store/identity/log.h"
#include "store/identity/record.h"
#include "store/ring/ring.h"
#include "store/shipping/outbox.h"
#include "store/snapshot/snapshot.h"
#include "tests/temp_dir.h"

using namespace tacho;
using namespace tacho::store;

namespace {

// The page's lines like "01000: 54 43 ...", as bytes; they begin at `start`.
std::vector<std::byte> example_bytes(std::size_t start) {
  std::istringstream page(read_file(std::string(TACHO_SOURCE_DIR) + "/store/FORMAT.md").value());
  std::vector<std::byte> out;
  for (std::string line; std::getline(page, line);) {
    const bool hex =
        line.size() >= 55 && line[5] == ':' && line.substr(0, 5).find_first_not_of("0123456789abcdef") == std::string::npos;
    if (!hex) continue;
    REQUIRE(std::stoul(line.substr(0, 5), nullptr, 16) == start + out.size());
    for (std::size_t i = 0; i < 16; ++i)
      out.push_back(static_cast<std::byte>(std::stoul(line.substr(7 + 3 * i, 2), nullptr, 16)));
  }
  return out;
}

// The same of lines like "o0010: 4b 50 ..." (the outbox's), "i0010: ..." (the identities') and "n0010: ..." (the snapshot's); the last may be shorter.
std::string lettered_example(char letter) {
  std::istringstream page(read_file(std::string(TACHO_SOURCE_DIR) + "/store/FORMAT.md").value());
  std::string out;
  for (std::string line; std::getline(page, line);) {
    if (line.size() < 55 || line[0] != letter || line[5] != ':') continue;
    REQUIRE(std::stoul(line.substr(1, 4), nullptr, 16) == out.size());
    for (std::size_t i = 0; i < 16 && line[7 + 3 * i] != ' '; ++i)
      out += static_cast<char>(std::stoul(line.substr(7 + 3 * i, 2), nullptr, 16));
  }
  return out;
}

std::vector<std::byte> part(const std::vector<std::byte>& bytes, std::size_t offset, std::size_t n) {
  return {bytes.begin() + static_cast<std::ptrdiff_t>(offset), bytes.begin() + static_cast<std::ptrdiff_t>(offset + n)};
}

const std::vector<TimeMs> kTimes{1795439412000, 1795439413000, 1795439414000};
const std::vector<std::vector<double>> kColumns{{0.5, 0.75, 0.5}, {42, 42, 42}};

void check_block(std::span<const std::byte> payload) {
  const auto block = BlockView::open_whole(payload);
  REQUIRE(block);
  CHECK(std::vector<TimeMs>(block->times().begin(), block->times().end()) == kTimes);
  REQUIRE(block->columns() == kColumns.size());
  for (std::size_t c = 0; c < kColumns.size(); ++c) {
    std::vector<double> column(3);
    REQUIRE(block->read_column(c, 0, column));
    CHECK(column == kColumns[c]);
  }
}

}  // namespace

TEST_CASE("the example of FORMAT.md reads as the page says") {
  const auto bytes = example_bytes(kRingStart);
  REQUIRE(bytes.size() == 480);
  test::TempDir dir;
  const std::string path = dir / "ring";
  REQUIRE(Ring::open(path, true, 1 << 20));
  {
    auto fd = Fd::open(path, 2 /* O_RDWR */);
    REQUIRE(write_at(*fd, bytes, kRingStart, path));
    const std::byte unknown[16] = {};  // how far it was written is not known: the whole file is searched
    REQUIRE(write_at(*fd, unknown, kRingUsedAt, path));
  }
  const auto ring = Ring::open(path, true);
  REQUIRE(ring);
  const auto index = (*ring)->snapshot();
  REQUIRE(index->size() == 2);

  const auto schema = unpack_schema((*ring)->read((*index)[0]).value());
  REQUIRE(schema);
  CHECK((*schema)->group == "ex");
  CHECK((*schema)->interval_ms == 1000);
  CHECK((*schema)->id == (*index)[0].header.schema_id);
  REQUIRE((*schema)->series.size() == 2);
  CHECK((*schema)->series[0] == SeriesInfo{Labels::of("node_load1"), MetricType::gauge, Rollup::max});
  CHECK((*schema)->series[1] == SeriesInfo{Labels::of("node_forks_total"), MetricType::counter, Rollup::none});

  const RecordHeader& h = (*index)[1].header;
  CHECK(h.schema_id == (*schema)->id);
  CHECK(h.generation == 7);
  CHECK(h.first_row == 128);
  check_block((*ring)->read((*index)[1]).value());
}

TEST_CASE("the outbox of FORMAT.md reads as the page says, and is written so") {
  const std::string bytes = lettered_example('o');
  REQUIRE(bytes.size() == 320);
  ShippedWindow window;
  window.end = 1795439460000;
  window.samples = {{Labels::of("node_forks_total"), 42, MetricType::counter, 1795439412000, window.end},
                    {Labels::of("node_load1"), 0.5, MetricType::gauge, 0, window.end}};
  test::TempDir dir;
  std::filesystem::create_directory(dir / "read");
  REQUIRE(replace_file(dir / "read/0000000001.outbox", bytes));
  const auto read = Outbox::open({dir / "read"}).value()->read(window.end).value();
  REQUIRE(read.samples.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(read.samples[i].labels == window.samples[i].labels);
    CHECK(read.samples[i].value == window.samples[i].value);
    CHECK(read.samples[i].type == window.samples[i].type);
    CHECK(read.samples[i].start == window.samples[i].start);
    CHECK(read.samples[i].t == window.end);
  }
  REQUIRE(Outbox::open({dir / "written"}).value()->append(window));
  CHECK(read_file(dir / "written/0000000001.outbox").value() == bytes);
}

TEST_CASE("the identities of FORMAT.md read as the page says, and are written so") {
  const std::string bytes = lettered_example('i');
  const Identity is_x{"card a", {Labels{{"uuid", "a"}}}, Labels{{"job_name", "x"}}, 1795439412000};
  const Identity is_nobodys{"card a", {}, {}, 1795439460000};
  test::TempDir dir;
  {
    const auto log = IdentityLog::open({.folder = dir.path()}).value();
    REQUIRE(log->append(std::vector{is_x}, 0));
    REQUIRE(log->append(std::vector{is_nobodys}, 0));
  }
  CHECK(read_file(dir / "identities.log").value() == bytes);
  const auto all = std::as_bytes(std::span(bytes.data(), bytes.size()));
  REQUIRE(check_identity_log(all, "the page"));
  const IdentitiesRead read = read_identities(all);
  CHECK(read.damaged == 0);
  CHECK(read.identities == std::vector{is_x, is_nobodys});
}

TEST_CASE("the snapshot of FORMAT.md reads as the page says, and is written so") {
  const std::vector<SeriesInfo> infos{{Labels::of("node_forks_total"), MetricType::counter, Rollup::none},
                                      {Labels::of("node_load1"), MetricType::gauge, Rollup::max}};
  const Selection selection{{{infos.data(), kTimes, kColumns[1]}, {&infos[1], kTimes, kColumns[0]}}, 6, nullptr};
  const SnapshotFrame frame{{"0.1", "n1", {1795439410001, 1795439420000}, Labels{{"cluster", "eu1"}}},
                            {{"node_load1", MetricType::gauge, "Load.", ""}},
                            {{"ex", 1000, kTimes}}};
  const std::string written = encode_snapshot(selection, frame).value();
  const std::string page = lettered_example('n');
  if (page != written) {  // what the page should say
    for (std::size_t at = 0; at < written.size(); at += 16) {
      std::string hex, text;
      for (const char c : written.substr(at, 16)) {
        hex += fmt::format(" {:02x}", static_cast<unsigned char>(c));
        text += c >= ' ' && c <= '~' ? c : '.';
      }
      UNSCOPED_INFO(fmt::format("n{:04x}:{:<48}  {}", at, hex, text));
    }
    FAIL("the page's snapshot is another");
  }

  const auto read = decode_snapshot(std::as_bytes(std::span(page)), "the page");
  REQUIRE(read);
  CHECK(read->frame.origin == frame.origin);
  REQUIRE(read->frame.metadata.size() == 1);
  CHECK(read->frame.metadata[0].help == "Load.");
  REQUIRE(read->frame.groups.size() == 1);
  CHECK(read->frame.groups[0].group == "ex");
  CHECK(read->frame.groups[0].interval_ms == 1000);
  CHECK(read->frame.groups[0].times == kTimes);
  REQUIRE(read->series.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(read->series[i].info == infos[i]);
    CHECK(read->series[i].times == kTimes);
    CHECK(read->series[i].values == kColumns[1 - i]);
  }
}

TEST_CASE("the prefix codes are those of FORMAT.md") {
  const std::string page = read_file(std::string(TACHO_SOURCE_DIR) + "/store/FORMAT.md").value();
  for (unsigned code = 0; code < codec::kPrefixCodes; ++code) {
    std::string row = fmt::format("| {} |", code);
    for (const unsigned bits : codec::kWordBits[code]) row += fmt::format(" {}", bits);
    INFO(row);
    CHECK(page.find(row + " |\n") != std::string::npos);
  }
}

TEST_CASE("today's encoder writes the example's very bytes") {
  const auto bytes = example_bytes(kRingStart);
  const auto schema = encode_schema("ex", 1000,
                                    {{Labels::of("node_load1"), MetricType::gauge, Rollup::max},
                                     {Labels::of("node_forks_total"), MetricType::counter, Rollup::none}});
  CHECK(pack_schema(*schema) == part(bytes, sizeof(RecordHeader), 0xac));
  CHECK(encode_block(kTimes, kColumns) == part(bytes, 0x108 + sizeof(RecordHeader), 0x78));
}
