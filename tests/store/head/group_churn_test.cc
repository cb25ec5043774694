// Series that come, go and come back: told apart from a model that only keeps lists, through seals, kills and power cuts.
#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <filesystem>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "store/store.h"
#include "store/window/dir_store.h"
#include "tests/store/newest.h"
#include "tests/temp_dir.h"

using namespace tacho;
using namespace tacho::store;

namespace {

SeriesInfo series_of(int number) { return {Labels::of("m", {{"s", std::to_string(number)}}), MetricType::gauge, Rollup::none}; }

Schema schema_of(const std::vector<int>& numbers) {
  Schema s;
  for (const int n : numbers) s.push_back(series_of(n));
  return s;
}

std::vector<int> range(int first, int end) {
  std::vector<int> out;
  for (int i = first; i < end; ++i) out.push_back(i);
  return out;
}

using Samples = std::map<int, std::map<TimeMs, double>>;  // by series; a staleness marker is kStale
constexpr double kStale = -1e300;

// Where they differ first; "" where they do not.
std::string difference(const Samples& found, const Samples& expected) {
  for (const auto* one : {&found, &expected}) {
    for (const auto& [series, samples] : *one) {
      for (const auto& [t, v] : samples) {
        const auto value = [&, series = series, t = t](const Samples& in) {
          const auto at = in.find(series);
          const auto sample = at == in.end() ? decltype(samples.begin()){} : at->second.find(t);
          if (at == in.end() || sample == at->second.end()) return std::string("nothing");
          return sample->second == kStale ? "a marker" : std::to_string(sample->second);
        };
        if (value(found) != value(expected))
          return fmt::format("series {} at {}: {} instead of {}", series, t, value(found), value(expected));
      }
    }
  }
  return "";
}

Samples samples_of(const Queryable& q) {
  Samples out;
  const auto all = q.select({}, {0, 1'000'000'000'000}, {});
  REQUIRE(all);
  for (const SeriesView& v : all->series) {
    auto& samples = out[std::stoi(std::string(v.labels().get("s")))];
    for (std::size_t i = 0; i < v.times.size(); ++i)
      REQUIRE(samples.emplace(v.times[i], is_stale(v.values[i]) ? kStale : v.values[i]).second);
  }
  test::check_newest(q, {}, {0, 1'000'000'000'000});
  return out;
}

struct Churned {
  test::TempDir dir;
  StoreDirs dirs{dir / "state", dir / "run"};
  std::unique_ptr<Store> store;
  std::unique_ptr<Group> group;
  std::int64_t interval_ms;
  std::vector<int> live;
  std::vector<int> described;  // to this group
  bool as_change = false;
  TimeMs t = 0;

  explicit Churned(std::int64_t interval) : interval_ms(interval) { start(); }
  void start() {
    group.reset();
    store.reset();
    StoreOptions o;
    o.dirs = dirs;
    o.budget_bytes = 8 << 20;
    auto s = Store::open(std::move(o));
    if (!s) FAIL(s.error().message);
    store = std::move(*s);
    group = store->group("g", interval_ms);
    described.clear();
  }
  // Turn by turn as a whole and as a change.
  void describe(std::vector<int> numbers) {
    if (as_change) {
      REQUIRE(group->describe(change_to(numbers)));
    } else {
      REQUIRE(group->describe(schema_of(numbers)));
    }
    as_change = !as_change;
    live = described = std::move(numbers);
  }
  SchemaChange change_to(const std::vector<int>& numbers) const {
    SchemaChange change{numbers.size(), {}};
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      if (i >= described.size() || described[i] != numbers[i])
        change.changed.push_back({static_cast<std::uint32_t>(i), series_of(numbers[i])});
    }
    return change;
  }
  // Series n has n + t / 1e6.
  double value(int n) const { return n + static_cast<double>(t) / 1e6; }
  void row() {
    t += interval_ms;
    auto cells = group->begin_row();
    REQUIRE(cells.size() == live.size());
    for (std::size_t i = 0; i < live.size(); ++i) cells[i].store(std::bit_cast<std::uint64_t>(value(live[i])));
    group->publish(t);
  }
  std::string ask(const Queryable& q, int n) const {
    const Matcher m[] = {Matcher::equal("s", std::to_string(n))};
    std::string out;
    const auto found = q.select(m, {0, 1'000'000'000'000}, {});
    REQUIRE(found);
    for (const SeriesView& v : found->series) {
      for (std::size_t i = 0; i < v.times.size(); ++i) {
        out += std::to_string(v.times[i] / interval_ms) + (is_stale(v.values[i]) ? "! " : " ");
        if (!is_stale(v.values[i])) CHECK(v.values[i] == n + static_cast<double>(v.times[i]) / 1e6);
      }
    }
    return out;
  }
  // The rows that a series has, "!" where it is marked as ended; the same from the agent and from its files.
  std::string ask(int n) const {
    const std::string out = ask(*store, n);
    CHECK(ask(**DirStore::open(dirs), n) == out);
    return out;
  }
  std::size_t heads() const { return list_heads(dirs).size(); }
  // As a kill leaves the folders, or a power cut: then the heads are gone too. The times of the rows that were only in them.
  std::vector<TimeMs> die(bool power_cut) {
    namespace fs = std::filesystem;
    const StoreDirs copy{dir / "state2", dir / "run2"};
    fs::copy(dirs.state, copy.state, fs::copy_options::recursive);
    fs::copy(dirs.runtime, copy.runtime, fs::copy_options::recursive);
    group.reset();
    store.reset();
    std::vector<TimeMs> lost;
    for (const std::string& path : power_cut ? list_heads(copy) : std::vector<std::string>{}) {
      const auto head = Head::open(path, true);
      REQUIRE(head);
      const auto rows = (*head)->read({}, (*head)->sealed(), (*head)->published(), 0, 1'000'000'000'000);
      lost.insert(lost.end(), rows.times.begin(), rows.times.end());
      (*head)->remove();
    }
    for (const auto& [from, to] : {std::pair(copy.state, dirs.state), std::pair(copy.runtime, dirs.runtime)}) {
      fs::remove_all(to);
      fs::rename(from, to);
    }
    return lost;
  }
};

}  // namespace

TEST_CASE("series come and go within a generation: the others go on, each that ends is marked once") {
  Churned f(1000);
  f.describe({1, 2, 3});
  f.row();
  f.describe({1, 3, 4});
  f.row();
  f.row();
  f.describe({5, 4, 3, 1});
  f.row();
  CHECK(f.heads() == 1);
  const auto right = [&] {
    CHECK(f.ask(1) == "1 2 3 4 ");
    CHECK(f.ask(2) == "1 2! ");
    CHECK(f.ask(3) == "1 2 3 4 ");
    CHECK(f.ask(4) == "2 3 4 ");
    CHECK(f.ask(5) == "4 ");
  };
  right();
  SECTION("sealed") { REQUIRE(f.store->seal_all()); }
  SECTION("after a kill") { f.die(false), f.start(); }
  right();
}

TEST_CASE("a series that comes back takes its old column, and has a gap") {
  Churned f(1000);
  f.describe({1, 2});
  f.row();
  for (int i = 0; i < 100; ++i) {
    f.describe({1});
    f.row();
    f.describe({1, 2});
    f.row();
  }
  CHECK(f.heads() == 1);
  CHECK(Head::open(list_heads(f.dirs)[0], false).value()->columns() == 2);
  CHECK(f.ask(2).starts_with("1 2! 3 4! 5 6! "));
  SECTION("one that comes back before the next row has not ended") {
    f.describe({1});
    f.describe({1, 2});
    f.row();
    f.describe({1});
    f.describe({2, 1});
    f.row();
    CHECK(f.ask(2).ends_with("200! 201 202 203 "));
  }
  SECTION("one that was never in a row is not marked") {
    f.describe({1, 2, 3});
    f.describe({1, 2});
    f.row();
    CHECK(f.ask(3).empty());
  }
}

TEST_CASE("where no column is spare a new generation has the live series, and marks those that ended") {
  Churned f(1000);
  f.describe({0, 1});  // eight are spare
  f.row();
  f.describe({0, 2});  // 1 ends
  f.row();
  f.describe(range(0, 9));
  f.row();
  CHECK(f.heads() == 1);
  f.describe(range(5, 12));  // 0 .. 4 end, three are new, one is spare
  CHECK(f.heads() == 2);
  f.row();
  const auto columns = [&] { return Head::open(list_heads(f.dirs).back(), false).value()->columns(); };
  CHECK(columns() == 7 + 5);
  f.describe(range(5, 30));
  f.row();
  f.describe(range(6, 30));
  f.row();
  const auto right = [&] {
    CHECK(f.ask(0) == "1 2 3 4! ");
    CHECK(f.ask(1) == "1 2! 3 4! ");
    CHECK(f.ask(5) == "3 4 5 6! ");
    CHECK(f.ask(9) == "4 5 6 ");
    CHECK(f.ask(29) == "5 6 ");
  };
  right();
  SECTION("sealed") { REQUIRE(f.store->seal_all()); }
  SECTION("after a kill") { f.die(false), f.start(); }
  right();
}

TEST_CASE("a series that ended without a row before the next generation is marked in that one") {
  Churned f(1000);
  f.describe({0, 1});
  f.row();
  f.describe({0});
  f.describe(range(10, 40));
  f.row();
  CHECK(f.ask(0) == "1 2! ");
  CHECK(f.ask(1) == "1 2! ");
}

TEST_CASE("a change that cannot be taken leaves the series as they were") {
  Churned f(1000);
  f.describe({0, 1, 2});
  f.row();
  const auto twice = f.group->describe(f.change_to({0, 1, 2, 1}));
  REQUIRE_FALSE(twice);
  CHECK(twice.error().message == "source g: the series m{s=\"1\"} is described twice");
  f.row();
  CHECK_FALSE(f.group->describe(f.change_to({2, 2})));
  f.row();
  std::filesystem::rename(f.dir / "run", f.dir / "away");  // heads cannot be made, as in a full folder
  CHECK_FALSE(f.group->describe(f.change_to(range(2, 40))));
  std::filesystem::rename(f.dir / "away", f.dir / "run");
  f.describe({2, 1});
  f.row();
  CHECK(f.ask(0) == "1 2 3 4! ");
  CHECK(f.ask(1) == "1 2 3 4 ");
  CHECK(f.ask(2) == "1 2 3 4 ");
}

TEST_CASE("another type of a series is another generation, for a block has one") {
  Churned f(1000);
  f.describe({0, 1});
  f.row();
  Schema s = schema_of({0, 1});
  s[1].type = MetricType::counter;
  REQUIRE(f.group->describe(s));
  f.row();
  CHECK(f.heads() == 2);
  CHECK(f.ask(1) == "1 2 ");
  CHECK(f.store->select({}, {2000, 2000}, {})->series[1].info->type == MetricType::counter);
}

TEST_CASE("where a power cut takes the head, staged rows are served under their own names") {
  Churned f(30'000);
  f.describe({0, 1});
  for (int i = 0; i < 42; ++i) {
    if (i % 10 == 9) f.describe(range(i / 10, i / 10 + 3));
    f.row();
    REQUIRE(f.store->maintain());
  }
  REQUIRE(list_stages(f.dirs).size() == 10);
  CHECK(f.heads() == 1);
  const std::string four = f.ask(4);
  const auto lost = f.die(true);
  CHECK(lost.size() == 2);
  CHECK(f.ask(**DirStore::open(f.dirs), 4) + "41 42 " == four);
  f.start();
  CHECK(list_stages(f.dirs).empty());
  CHECK(f.ask(4) + "41 42 " == four);
  CHECK(f.store->stats().damaged_blocks == 0);
  const auto ring = Ring::open(f.dirs.ring(), false);
  CHECK((*ring)->snapshot()->size() == 2);  // one schema, one block
}

TEST_CASE("a generation most of whose series are gone is left with the next change, once it has a block") {
  Churned f(30'000);
  f.describe(range(0, 200));
  const auto rows = [&](int n) {
    for (int i = 0; i < n; ++i) {
      f.row();
      REQUIRE(f.store->maintain());
    }
  };
  rows(10);
  f.describe(range(0, 20));
  rows(10);
  f.describe(range(0, 21));
  CHECK(f.heads() == 1);  // they may come back
  rows(140);
  f.describe(range(0, 20));
  rows(1);
  CHECK(f.heads() == 1);
  CHECK(Head::open(list_heads(f.dirs)[0], false).value()->columns() == 21);
  CHECK(f.ask(20).ends_with("159 160 161! "));
  CHECK(f.ask(199) == "1 2 3 4 5 6 7 8 9 10 11! ");
}

TEST_CASE("whatever grows and is overwritten, blocks of the ring know their schemas, but perhaps the oldest one") {
  Churned f(1000);
  f.store.reset();
  StoreOptions o;
  o.dirs = {f.dir / "small", f.dir / "smallrun"};
  o.budget_bytes = 1 << 20;
  o.block_rows_most = kBlockRows;
  f.store = std::move(*Store::open(o));
  f.group = f.store->group("g", 1000);
  const auto other = f.store->group("other", 1000);
  REQUIRE(other->describe(schema_of({-1})));
  std::mt19937_64 random(3);
  std::vector<int> numbers = range(0, 20);
  f.describe(numbers);
  int next = 20;
  for (int i = 0; i < 40'000; ++i) {
    if (random() % 2500 == 0) {
      numbers.erase(numbers.begin());
      numbers.push_back(next++);
      f.describe(numbers);
    }
    f.t += 1000;
    for (auto& cell : f.group->begin_row()) cell.store(random() >> 2);
    f.group->publish(f.t);
    other->begin_row()[0].store(random() >> 2);
    other->publish(f.t);
    if (i % 100 != 0) continue;
    REQUIRE(f.store->maintain());
    const auto ring = Ring::open(o.dirs.ring(), false);
    REQUIRE(ring);
    std::set<std::uint64_t> schemas;
    const auto records = (*ring)->snapshot();
    for (const RecordRef& r : *records) {
      if (r.header.type == static_cast<std::uint16_t>(RecordType::schema)) schemas.insert(r.header.schema_id);
    }
    std::size_t blocks = 0;
    for (const RecordRef& r : *records) {
      if (r.header.type != static_cast<std::uint16_t>(RecordType::block)) continue;
      if (blocks++ > 0 && !schemas.contains(r.header.schema_id)) FAIL("after row " << i << " a block at " << r.offset);
    }
  }
  CHECK(next > 25);
  f.group.reset();
}

// Each sample says which series and time it belongs to.
TEST_CASE("questions beside series that come and go find each sample under its own name") {
  Churned f(30'000);
  f.describe(range(0, 40));
  std::atomic<bool> done{false};
  std::atomic<std::uint64_t> wrong{0}, seen{0};
  const auto look = [&](const Queryable& q) {
    while (!done) {
      const auto all = q.select({}, {0, 1'000'000'000'000}, {});
      wrong += !all;
      if (!all) break;
      for (const SeriesView& v : all->series) {
        const int n = std::stoi(std::string(v.labels().get("s")));
        std::size_t markers = 0;
        for (std::size_t i = 0; i < v.times.size(); ++i) {
          const bool stale = is_stale(v.values[i]);
          markers += stale;
          wrong += !stale && v.values[i] != n + static_cast<double>(v.times[i]) / 1e6;
        }
        seen += v.times.size();
        wrong += markers > 1;  // none of them comes back here
      }
    }
  };
  const auto files = DirStore::open(f.dirs).value();
  std::vector<std::thread> threads;
  threads.emplace_back([&] { look(*f.store); });
  threads.emplace_back([&] { look(*files); });
  threads.emplace_back([&] {
    while (!done) {
      const bool ok = f.store->maintain().has_value();
      if (!ok) ++wrong;
    }
  });
  for (int step = 0; step < 600; ++step) {
    if (step % 3 == 0) f.describe(range(step, step + 40));
    f.row();
    // Not more than the head's rows ahead of the sealer.
    while (f.store->stats().sealed_rows + 5 < static_cast<std::uint64_t>(step)) std::this_thread::yield();
  }
  done = true;
  for (auto& t : threads) t.join();
  CHECK(wrong == 0);
  CHECK(seen > 0);
  CHECK(f.store->stats().lost_rows == 0);
  const auto all = f.store->select({}, {0, 1'000'000'000'000}, {});
  CHECK(all->samples == 600 * 40 + 199 * 3);
}

// The model: a series that is described has a sample in each row; one that is not any more, and has been in a row, a marker in the next.
TEST_CASE("whatever is described, each series has its samples and each ended one a marker") {
  const char* rounds = std::getenv("TACHO_ROUNDS");
  const int seeds = rounds != nullptr ? std::max(std::atoi(rounds) / 10, 3) : 8;
  for (int seed = 1; seed <= seeds; ++seed) {
    INFO("seed " << seed);
    std::mt19937 random(static_cast<unsigned>(seed));
    const auto chance = [&](int percent) { return static_cast<int>(random() % 100) < percent; };
    const int names = seed % 2 == 0 ? 30 : 200;
    Churned f(seed % 4 < 2 ? 30'000 : 1000);
    Samples model;
    std::set<int> live, in_row, ending;
    const auto describe = [&](std::vector<int> numbers) {
      const std::set<int> now(numbers.begin(), numbers.end());
      for (const int n : live) {
        if (!now.contains(n) && in_row.contains(n)) ending.insert(n);
        if (!now.contains(n)) in_row.erase(n);
      }
      for (const int n : now) {
        if (ending.erase(n) > 0) in_row.insert(n);
      }
      live = now;
      f.describe(std::move(numbers));
    };
    const auto check = [&] {
      REQUIRE(difference(samples_of(*f.store), model) == "");
      REQUIRE(difference(samples_of(**DirStore::open(f.dirs)), model) == "");
    };
    describe({0, 1, 2, 3});
    for (int step = 0; step < 600; ++step) {
      if (chance(30)) {
        std::vector<int> numbers;
        for (const int n : live) {
          if (!chance(10)) numbers.push_back(n);
        }
        for (int i = static_cast<int>(random() % 4); i > 0; --i) numbers.push_back(static_cast<int>(random()) & 0xffff);
        for (int& n : numbers) n %= names;
        if (chance(2)) numbers.clear();
        std::sort(numbers.begin(), numbers.end());
        numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
        if (chance(50)) std::shuffle(numbers.begin(), numbers.end(), random);
        describe(std::move(numbers));
      }
      if (chance(90)) {
        f.row();
        for (const int n : live) model[n][f.t] = f.value(n);
        for (const int n : ending) model[n][f.t] = kStale;
        in_row = live;
        ending.clear();
      }
      if (chance(40) || step % 3 == 0) REQUIRE(f.store->maintain());  // a head of eight rows must not overtake it
      if (chance(1)) REQUIRE(f.store->seal_all());
      if (chance(2)) {
        for (const TimeMs t : f.die(chance(50))) {
          for (auto& [n, samples] : model) samples.erase(t);
        }
        std::erase_if(model, [](const auto& entry) { return entry.second.empty(); });
        f.start();
        live.clear(), in_row.clear(), ending.clear();
        check();
        describe(range(0, static_cast<int>(random() % 12)));
      }
      if (chance(4)) check();
    }
    check();
    REQUIRE(f.store->seal_all());
    check();
    CHECK(f.store->stats().lost_rows == 0);
    CHECK(f.store->stats().damaged_blocks == 0);
  }
}
