#include "store/ring/stage.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "store/directory.h"
#include "store/ring/seal_rows.h"
#include "tests/temp_dir.h"

using namespace tacho;
using namespace tacho::store;

namespace {

const std::shared_ptr<const StoredSchema> kSchema = encode_schema(
    "g", 1000, {{Labels::of("a", {}), MetricType::gauge, Rollup::max}, {Labels::of("b", {}), MetricType::gauge, Rollup::max}});

HeadRows rows_of(std::uint64_t first, std::vector<TimeMs> times) {
  HeadRows rows{first, times, {{}, {}}};
  for (const TimeMs t : times) {
    rows.columns[0].push_back(static_cast<double>(t) + 0.25);
    rows.columns[1].push_back(static_cast<double>(-t));
  }
  return rows;
}

Result<std::shared_ptr<const Stage>> staged(const std::string& dir, std::uint64_t first, std::vector<TimeMs> times) {
  SealRows rows(2);
  rows.add(rows_of(first, times));
  const EncodedBlock block = rows.encode(*kSchema, 7, 0, times.size());
  return Stage::create(dir, "g", block.header, block.payload);
}

std::string bytes_of(const std::string& path) { return *read_file(path); }

void write_bytes(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

}  // namespace

TEST_CASE("a stage is found again as it was made") {
  test::TempDir dir;
  const auto made = staged(dir.path(), 128, {1000, 2000, 4000});
  REQUIRE(made);
  CHECK((*made)->path() == dir / "g.7.128.stage");
  CHECK_FALSE(std::filesystem::exists(dir / "g.7.128.stage.new"));
  CHECK(list_stages({dir.path(), dir.path()}) == std::vector<std::string>{dir / "g.7.128.stage"});

  const auto opened = Stage::open((*made)->path());
  REQUIRE(opened);
  const Stage& s = **opened;
  CHECK(s.header().generation == 7);
  CHECK(s.header().schema_id == kSchema->id);
  CHECK(s.first_row() == 128);
  CHECK(s.end_row() == 131);
  CHECK(s.header().t_min == 1000);
  CHECK(s.header().t_max == 4000);
  double cells[2];
  REQUIRE(s.block().read_column(0, 1, cells));
  CHECK(cells[0] == 2000.25);
  CHECK(cells[1] == 4000.25);
  s.remove();
  CHECK(list_stages({dir.path(), dir.path()}).empty());
  CHECK(s.block().times()[2] == 4000);  // who holds it keeps it
}

TEST_CASE("a stage cut anywhere is refused") {
  test::TempDir dir;
  const auto made = staged(dir.path(), 0, {1000, 2000, 3000});
  REQUIRE(made);
  const std::string whole = bytes_of((*made)->path());
  const std::string path = dir / "cut.stage";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    write_bytes(path, whole.substr(0, size));
    CHECK_FALSE(Stage::open(path));
  }
  write_bytes(path, whole + "x");
  CHECK_FALSE(Stage::open(path));
  write_bytes(path, whole);
  CHECK(Stage::open(path));
}

TEST_CASE("a stage with any bit turned is refused") {
  test::TempDir dir;
  const auto made = staged(dir.path(), 0, {1000, 2000, 3000});
  REQUIRE(made);
  const std::string whole = bytes_of((*made)->path());
  const std::string path = dir / "turned.stage";
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    std::string turned = whole;
    turned[bit / 8] = static_cast<char>(turned[bit / 8] ^ (1 << (bit % 8)));
    write_bytes(path, turned);
    if (Stage::open(path)) FAIL_CHECK("bit " << bit << " was not noticed");
  }
}

TEST_CASE("a stage whose block does not fit its header is refused, checksums or not") {
  test::TempDir dir;
  SealRows rows(2);
  rows.add(rows_of(0, {1000, 2000, 3000}));
  const EncodedBlock block = rows.encode(*kSchema, 7, 0, 3);
  RecordHeader h = block.header;
  SECTION("rows") { h.rows = 4; }
  SECTION("columns") { h.columns = 3; }
  SECTION("the first time") { h.t_min = 999; }
  SECTION("the last time") { h.t_max = 3001; }
  SECTION("type") { h.type = static_cast<std::uint16_t>(RecordType::schema); }
  CHECK_FALSE(Stage::create(dir.path(), "g", h, block.payload));
  CHECK(std::filesystem::is_empty(dir.path()));
}

TEST_CASE("where no stage can be written, none is left") {
  test::TempDir dir;
  SECTION("the folder is not there") { CHECK_FALSE(staged(dir / "nowhere", 0, {1000})); }
  SECTION("the name is taken by what is no file") {
    std::filesystem::create_directory(dir / "g.7.0.stage");
    CHECK_FALSE(staged(dir.path(), 0, {1000}));
    CHECK_FALSE(std::filesystem::exists(dir / "g.7.0.stage.new"));
  }
}

TEST_CASE("rows are cut into blocks where the clock steps back, where rows are missing, and at the most") {
  SealRows rows(2);
  rows.add(rows_of(0, {1000, 2000, 3000}));
  rows.add(rows_of(3, {2500, 3500}));
  rows.add(rows_of(9, {4000, 5000}));
  REQUIRE(rows.size() == 7);
  CHECK(rows.run_end(0, 100) == 3);
  CHECK(rows.run_end(0, 2) == 2);
  CHECK(rows.run_end(3, 100) == 5);
  CHECK(rows.run_end(5, 100) == 7);
  const EncodedBlock b = rows.encode(*kSchema, 7, 5, 7);
  CHECK(b.header.first_row == 9);
  CHECK(b.header.rows == 2);
  CHECK(b.header.t_min == 4000);
}

TEST_CASE("of a stage, only the rows asked for are taken") {
  test::TempDir dir;
  const auto made = staged(dir.path(), 10, {1000, 2000, 3000});
  REQUIRE(made);
  SealRows rows(2);
  REQUIRE(rows.add(**made, 12));
  CHECK(rows.size() == 1);
  CHECK(rows.number(0) == 12);
  REQUIRE(rows.add(**made, 13));
  CHECK(rows.size() == 1);
}

TEST_CASE("a stage of fewer columns is absent in the later ones, and one of more is refused") {
  test::TempDir dir;
  const auto made = staged(dir.path(), 10, {1000, 2000, 3000});
  REQUIRE(made);
  SealRows more(3);
  REQUIRE(more.add(**made, 0));
  const auto wider = encode_schema("g", 1000, Schema{kSchema->series[0], kSchema->series[1], {Labels::of("c")}});
  const EncodedBlock block = more.encode(*wider, 7, 0, 3);
  CHECK(block.header.columns == 3);
  CHECK(block.header.samples == 6);
  const auto view = BlockView::open_whole(block.payload);
  REQUIRE(view);
  double cells[3];
  REQUIRE(view->read_column(1, 0, cells));
  CHECK(cells[2] == -3000);
  REQUIRE(view->read_column(2, 0, cells));
  CHECK(std::all_of(std::begin(cells), std::end(cells), is_absent));

  SealRows fewer(1);
  CHECK_FALSE(fewer.add(**made, 0));
  CHECK(fewer.size() == 0);
}

TEST_CASE("stages name what their head named, each what those before it did not") {
  test::TempDir dir;
  const auto make = [&](std::uint64_t first, std::size_t columns, const Schema& named, std::uint64_t generation = 7) {
    SealRows rows(columns);
    HeadRows r{first, {static_cast<TimeMs>(first)}, {}};
    for (std::size_t c = 0; c < columns; ++c) r.columns.push_back({static_cast<double>(c)});
    rows.add(r);
    Schema all(columns);
    const EncodedBlock block = rows.encode(*encode_schema("g", 1000, all), generation, 0, 1);
    const auto packed = named.empty() ? std::vector<std::byte>{} : pack_schema(*encode_schema("g", 1000, named));
    return Stage::create(dir.path(), "g", block.header, block.payload, packed);
  };
  const auto series = [](const std::string& name) { return SeriesInfo{Labels::of(name), MetricType::gauge, Rollup::none}; };
  const std::vector<std::shared_ptr<const Stage>> stages{*make(0, 2, {series("a"), series("b")}), *make(1, 2, {}),
                                                         *make(2, 3, {series("c")}), *make(3, 5, {series("d"), series("e")})};
  CHECK(stages[0]->first_named() == 0);
  CHECK(stages[1]->series() == nullptr);
  CHECK(stages[3]->first_named() == 3);
  const auto all = schema_of_stages(stages);
  REQUIRE(all);
  CHECK(all->group == "g");
  CHECK(all->interval_ms == 1000);
  CHECK(all->series == Schema{series("a"), series("b"), series("c"), series("d"), series("e")});

  SECTION("what comes after a gap is not guessed") {
    const std::vector<std::shared_ptr<const Stage>> gap{stages[0], stages[1], stages[3]};
    CHECK(schema_of_stages(gap)->series == Schema{series("a"), series("b")});
    const std::vector<std::shared_ptr<const Stage>> headless{stages[1], stages[2]};
    CHECK(schema_of_stages(headless) == nullptr);
  }
  SECTION("what is named twice is the same") {
    const std::vector<std::shared_ptr<const Stage>> twice{stages[0], *make(9, 3, {series("a"), series("b"), series("c")})};
    CHECK(schema_of_stages(twice)->series == Schema{series("a"), series("b"), series("c")});
  }
  SECTION("more series than columns are refused") { CHECK_FALSE(make(4, 1, {series("a"), series("b")})); }
  SECTION("cut anywhere or with any bit turned it is refused") {
    const std::string whole = bytes_of(stages[3]->path()), path = dir / "damaged.stage";
    for (std::size_t size = 0; size < whole.size(); ++size) {
      write_bytes(path, whole.substr(0, size));
      if (Stage::open(path)) FAIL_CHECK("cut to " << size);
    }
    for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
      std::string turned = whole;
      turned[bit / 8] = static_cast<char>(turned[bit / 8] ^ (1 << (bit % 8)));
      write_bytes(path, turned);
      if (Stage::open(path)) FAIL_CHECK("bit " << bit << " was not noticed");
    }
  }
}
