#include "store/ring/ring_index.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <limits>
#include <random>
#include <set>
#include <tuple>

#include "store/block/block.h"
#include "store/window/dir_store.h"
#include "tests/temp_dir.h"

using namespace tacho;
using namespace tacho::store;

namespace {

constexpr TimeRange kAll{std::numeric_limits<TimeMs>::min(), std::numeric_limits<TimeMs>::max()};

auto written_order(const RecordRef& r) { return std::tuple(r.header.generation, r.header.first_row, r.header.sequence); }

// A ring without a file: records as a writer would append them, and beside the index what it must say, found the slow way.
struct History {
  explicit History(std::uint64_t seed) : random(seed) {
    for (int g = 0; g < 4; ++g) {
      for (int v = 0; v < 3; ++v)
        schemas.push_back(encode_schema("g" + std::to_string(g), 1000, {{Labels::of("m" + std::to_string(v), {}), {}, {}}}));
    }
    next_row.resize(schemas.size());
    clock.resize(schemas.size(), 1'000'000);
  }

  std::uint64_t up_to(std::uint64_t n) { return random() % (n + 1); }

  void append(RecordHeader h, std::shared_ptr<const KnownSchema> schema) {
    h.sequence = ++sequence;
    h.payload_bytes = static_cast<std::uint32_t>(up_to(2000));
    const std::uint64_t size = record_bytes(h.payload_bytes);
    if (at + size > kFileBytes) {
      drop(at, kFileBytes);
      ++sequence;
      h.sequence = sequence;
      at = kRingStart;
    }
    drop(at, at + size);
    const RecordRef r{at, h};
    indexer.append(r, std::move(schema));
    model.push_back(r);
    at += size;
  }
  void drop(std::uint64_t begin, std::uint64_t end) {
    indexer.drop(begin, end);
    std::erase_if(model, [&](const RecordRef& r) { return r.offset < end && r.end() > begin; });
  }
  void schema(std::size_t s) {
    RecordHeader h{};
    h.type = static_cast<std::uint16_t>(RecordType::schema);
    h.schema_id = schemas[s]->id;
    append(h, *KnownSchema::unpack(pack_schema(*schemas[s])));
    known.insert(schemas[s]->id);
  }
  // Blocks of a schema follow each other; its clock steps back now and then, and rarely a block's rows are written twice.
  void block(std::size_t s) {
    RecordHeader h{};
    h.type = static_cast<std::uint16_t>(RecordType::block);
    h.schema_id = schemas[s]->id;
    h.generation = s;
    h.columns = 1;
    h.first_row = next_row[s];
    if (up_to(400) == 0) h.first_row -= std::min<std::uint64_t>(h.first_row, up_to(20));
    h.rows = static_cast<std::uint32_t>(1 + up_to(50));
    next_row[s] = h.first_row + h.rows;
    if (up_to(30) == 0) clock[s] -= static_cast<TimeMs>(up_to(400'000));
    h.t_min = clock[s];
    clock[s] += h.rows * 1000;
    h.t_max = clock[s] - 1000;
    append(h, nullptr);
  }
  void step() {
    const std::size_t s = up_to(schemas.size() - 1);
    up_to(8) == 0 ? schema(s) : block(s);
  }
  // Blocks of a group whose schema was ever known, in written order.
  std::vector<RecordRef> group(const std::string& name) const {
    std::vector<RecordRef> out;
    for (const RecordRef& r : model) {
      const auto s = std::ranges::find_if(schemas, [&](const auto& x) { return x->id == r.header.schema_id; });
      if (r.is_block() && (*s)->group == name && known.contains((*s)->id)) out.push_back(r);
    }
    std::ranges::sort(out, {}, written_order);
    return out;
  }

  static constexpr std::uint64_t kFileBytes = kRingStart + 700'000;
  std::mt19937_64 random;
  std::vector<std::shared_ptr<const StoredSchema>> schemas;
  std::vector<std::uint64_t> next_row;
  std::vector<TimeMs> clock;
  std::uint64_t sequence = 0, at = kRingStart;
  std::set<std::uint64_t> known;
  std::vector<RecordRef> model;  // by sequence
  RingIndexer indexer;
};

bool same(const RecordRef& a, const RecordRef& b) { return a.offset == b.offset && a.header.sequence == b.header.sequence; }

void compare_group(const GroupRecords& group, const std::vector<RecordRef>& model, History& h) {
  std::size_t n = 0;
  group.visit_from(group.begin(), [&](const RecordRef& r) { REQUIRE(same(r, model.at(n++))); });
  REQUIRE(n == model.size());
  bool overlaps = false;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = i + 1; j < n && model[j].header.generation == model[i].header.generation; ++j)
      overlaps = overlaps || model[i].end_row() > model[j].header.first_row;
  }
  REQUIRE(group.overlaps() == overlaps);

  for (int q = 0; q < 4; ++q) {
    const TimeMs min = group.t_min() + static_cast<TimeMs>(h.up_to(static_cast<std::uint64_t>(group.t_max() - group.t_min())));
    const TimeMs max = min + static_cast<TimeMs>(h.up_to(200'000));
    const std::uint64_t generation = h.up_to(h.schemas.size()), row = h.up_to(3000);
    GroupRecords::Position to = group.end();
    std::size_t before = n;
    if (!overlaps && q % 2 == 1) {
      to = group.from_row(generation, row);
      before = 0;
      while (before < n && std::pair(model[before].header.generation, model[before].end_row()) <= std::pair(generation, row))
        ++before;
    }
    const std::uint64_t unwanted = q == 3 ? model[0].header.schema_id : 0;
    const auto wanted = [&](std::uint64_t id) { return id != unwanted; };
    std::vector<std::pair<std::uint64_t, TimeMs>> expected, got;  // sequence, hidden from
    TimeMs hidden = kAll.max;
    for (std::size_t i = n; i-- > 0;) {
      const RecordHeader& r = model[i].header;
      if (i < before && r.t_max >= min && r.t_min <= max && wanted(r.schema_id)) expected.emplace_back(r.sequence, hidden);
      hidden = std::min(hidden, r.t_min);
    }
    group.visit_before(to, min, max, kAll.max, wanted,
                       [&](const RecordRef& r, TimeMs from) { got.emplace_back(r.header.sequence, from); });
    REQUIRE(got == expected);
  }
}

void compare(const RingIndex& index, History& h) {
  REQUIRE(index.size() == h.model.size());
  std::size_t n = 0;
  std::uint64_t block_bytes = 0, schema_bytes = 0, samples = 0;
  for (const RecordRef& r : index) {
    REQUIRE(same(r, h.model[n++]));
    REQUIRE(same(index[n - 1], r));
    (r.is_block() ? block_bytes : schema_bytes) += record_bytes(r.header.payload_bytes);
    samples += r.is_block() ? r.header.rows : 0;
  }
  REQUIRE(std::tuple(index.block_bytes(), index.schema_bytes(), index.block_samples()) ==
          std::tuple(block_bytes, schema_bytes, samples));
  for (const std::string name : {"g0", "g1", "g2", "g3"}) {
    const auto model = h.group(name);
    const auto found = std::ranges::find_if(index.groups(), [&](const auto& g) { return g->name() == name; });
    REQUIRE((found != index.groups().end()) == !model.empty());
    if (!model.empty()) compare_group(**found, model, h);
  }
}

}  // namespace

TEST_CASE("the index of a ring says what its records say over random histories with clock steps") {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    INFO("seed " << seed);
    History h(seed);
    std::vector<std::shared_ptr<const RingIndex>> earlier;
    for (int i = 0; i < 3000; ++i) {
      h.step();
      if (i % 97 != 0) continue;
      compare(*h.indexer.current(), h);
      // Found by a search, in any order, it is the same.
      std::vector<RecordRef> found = h.model;
      std::ranges::shuffle(found, h.random);
      RingIndexer other;
      other.assign(std::move(found), true, [&](const RecordRef& r) -> std::shared_ptr<const KnownSchema> {
        for (const auto& s : h.schemas) {
          if (s->id == r.header.schema_id) return std::make_shared<const KnownSchema>(s);
        }
        return nullptr;
      });
      REQUIRE(other.current()->size() == h.model.size());
      for (std::size_t r = 0; r < h.model.size(); ++r) REQUIRE(same((*other.current())[r], h.model[r]));
    }
    CHECK(h.indexer.current()->size() > 500);
  }
}

TEST_CASE("an index that somebody holds stays as it was") {
  History h(7);
  for (int i = 0; i < 500; ++i) h.step();
  const auto held = h.indexer.current();
  const std::vector<RecordRef> model = h.model;
  std::size_t blocks = 0;
  for (const auto& g : held->groups()) g->visit_from(g->begin(), [&](const RecordRef&) { ++blocks; });
  for (int i = 0; i < 2000; ++i) h.step();
  REQUIRE(held->size() == model.size());
  for (std::size_t i = 0; i < model.size(); ++i) REQUIRE(same((*held)[i], model[i]));
  std::size_t still = 0;
  for (const auto& g : held->groups()) g->visit_from(g->begin(), [&](const RecordRef&) { ++still; });
  CHECK(still == blocks);
}

TEST_CASE("blocks whose schema comes late are found once it is known") {
  History h(8);
  h.block(0);
  h.block(1);
  h.block(0);
  CHECK(h.indexer.current()->groups().empty());
  h.schema(0);
  compare(*h.indexer.current(), h);
  h.schema(1);
  compare(*h.indexer.current(), h);
}

TEST_CASE("records of laps before the last two are no part of the index") {
  const auto record = [](std::uint64_t sequence, std::uint64_t offset) {
    RecordRef r{offset, {}};
    r.header.type = static_cast<std::uint16_t>(RecordType::block);
    r.header.sequence = sequence;
    r.header.payload_bytes = 1000 - sizeof(RecordHeader);
    return r;
  };
  const auto none = [](const RecordRef&) { return nullptr; };
  // The newest lap is 20 to 22, the one before it 14 to 19; 8 lies where only laps before it can have left it.
  const std::vector<RecordRef> newest{record(20, 4096), record(21, 5096), record(22, 6096)};
  std::vector<RecordRef> found = newest;
  SECTION("the wrap between laps is damaged") {
    for (std::uint64_t i = 0; i < 5; ++i) found.push_back(record(14 + i, 8096 + i * 1000));
    found.push_back(record(8, 13'096));
    RingIndexer indexer;
    indexer.assign(found, false, none);
    REQUIRE(indexer.current()->size() == 8);
    CHECK(indexer.current()->front().header.sequence == 14);
    indexer.drop(7096, 8600);
    CHECK(indexer.current()->front().header.sequence == 15);
  }
  SECTION("the newest lap is behind the wrap of the one before") {
    found.push_back(record(8, 12'096));
    RingIndexer indexer;
    indexer.assign(found, false, none);
    CHECK(indexer.current()->size() == 3);
    // Where there is a wrap, the numbers between were of damaged records.
    indexer.assign(found, true, none);
    CHECK(indexer.current()->size() == 4);
  }
}

TEST_CASE("blocks in the ring answer any range as a walk over all their rows does") {
  struct Row {
    TimeMs t;
    double v;
    int group;
  };
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    const auto up_to = [&](std::uint64_t n) { return random() % (n + 1); };
    test::TempDir dir;
    const StoreDirs dirs{dir.path(), dir / "run"};
    std::vector<Row> rows;  // in the order in which they were written
    {
      const auto ring = std::move(*Ring::open(dirs.ring(), true, 2 << 20));
      std::uint64_t generation = 0;
      TimeMs clock[2] = {1'000'000, 1'000'000};
      for (int life = 0; life < 12; ++life) {
        const int g = static_cast<int>(up_to(1));
        // Not each life has a schema of its own.
        const auto schema = encode_schema("g" + std::to_string(g), 1000,
                                          {{Labels::of("m", {{"g", std::to_string(g)}}), {}, {}},
                                           {Labels::of("other" + std::to_string(up_to(2)), {}), {}, {}}});
        RecordHeader h{};
        h.type = static_cast<std::uint16_t>(RecordType::schema);
        h.schema_id = schema->id;
        REQUIRE(ring->append(h, pack_schema(*schema)));
        ++generation;
        if (up_to(3) == 0) clock[g] -= static_cast<TimeMs>(up_to(300'000));
        std::vector<TimeMs> times;
        std::vector<std::vector<double>> columns(2);
        std::uint64_t first = 0;
        for (std::uint64_t block = up_to(12); block-- > 0; first += times.size()) {
          // A block that was sealed twice: its last rows again, and the new ones.
          const std::uint64_t again = !times.empty() && up_to(seed % 3 == 0 ? 5 : 100) == 0 ? 1 + up_to(times.size() - 1) : 0;
          first -= again;
          times.erase(times.begin(), times.end() - static_cast<std::ptrdiff_t>(again));
          for (auto& c : columns) c.erase(c.begin(), c.end() - static_cast<std::ptrdiff_t>(again));
          if (again == 0 && up_to(8) == 0) clock[g] -= static_cast<TimeMs>(up_to(60'000));
          for (std::uint64_t n = 1 + up_to(20); n-- > 0;) {
            clock[g] += 1000 * static_cast<TimeMs>(1 + up_to(1));
            rows.push_back({clock[g], static_cast<double>(rows.size()), g});
            times.push_back(clock[g]);
            columns[0].push_back(rows.back().v);
            columns[1].push_back(0);
          }
          REQUIRE(ring->append(describe_block(*schema, generation, first, times), encode_block(times, columns)));
          if (up_to(seed % 3 == 0 ? 4 : 100) > 0) continue;
          // Or a part of it, which is in it already.
          const std::size_t begin = up_to(times.size() - 1), n = 1 + up_to(times.size() - begin - 1);
          const auto part = std::span(times).subspan(begin, n);
          const std::vector<std::vector<double>> cells{std::vector(columns[0].begin() + static_cast<std::ptrdiff_t>(begin),
                                                                   columns[0].begin() + static_cast<std::ptrdiff_t>(begin + n)),
                                                       std::vector<double>(n)};
          REQUIRE(ring->append(describe_block(*schema, generation, first + begin, part), encode_block(part, cells)));
        }
      }
    }
    const auto reader = DirStore::open(dirs);
    REQUIRE(reader);
    for (int q = 0; q < 60; ++q) {
      const int g = static_cast<int>(up_to(1));
      const TimeMs min = 700'000 + static_cast<TimeMs>(up_to(1'000'000));
      const TimeRange range = q == 0 ? kAll : TimeRange{min, min + static_cast<TimeMs>(up_to(200'000))};
      std::vector<std::pair<TimeMs, double>> expected, got;
      TimeMs hidden = kAll.max;
      for (auto r = rows.rbegin(); r != rows.rend(); ++r) {
        if (r->group != g) continue;
        if (r->t < hidden && r->t >= range.min && r->t <= range.max) expected.emplace_back(r->t, r->v);
        hidden = std::min(hidden, r->t);
      }
      std::ranges::reverse(expected);
      const Matcher matchers[] = {Matcher::equal("__name__", "m"), Matcher::equal("g", std::to_string(g))};
      const auto s = (*reader)->select(matchers, range, {});
      REQUIRE(s);
      REQUIRE(s->series.size() <= 1);
      for (std::size_t i = 0; i < (s->series.empty() ? 0 : s->series[0].times.size()); ++i)
        got.emplace_back(s->series[0].times[i], s->series[0].values[i]);
      REQUIRE(got == expected);
      std::size_t counted = 0;
      for (const GroupRows& of : (*reader)->group_rows(range)) counted += of.group == "g" + std::to_string(g) ? of.rows : 0;
      REQUIRE(counted == expected.size());
    }
  }
}
