#include <algorithm>
#include <atomic>
#include <map>
#include <numeric>
#include <random>
#include <set>
#include <thread>

#include "store/block/name_places.h"
#include "tests/store/newest.h"
#include "tests/store/store_fixture.h"

using namespace tacho;
using namespace tacho::store;

TEST_CASE("whatever the clock did and wherever rows lie, any range answers what is visible of it") {
  struct Row {
    TimeMs t;
    double a, b;
  };
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    const auto up_to = [&](std::uint64_t n) { return random() % (n + 1); };
    StoreFixture f;
    std::vector<Row> rows;  // as they were written
    bool has_b = false;
    const auto visible = [&](bool b, TimeRange range) {
      std::string out;
      std::vector<const Row*> kept;
      TimeMs hidden = std::numeric_limits<TimeMs>::max();
      for (auto r = rows.rbegin(); r != rows.rend(); ++r) {
        if (r->t < hidden && r->t >= range.min && r->t <= range.max) kept.push_back(&*r);
        hidden = std::min(hidden, r->t);
      }
      for (auto r = kept.rbegin(); r != kept.rend(); ++r) {
        const double v = b ? (*r)->b : (*r)->a;
        if (!is_absent(v)) out += fmt::format("{}={} ", (*r)->t, is_stale(v) ? "stale" : fmt::format("{}", v));
      }
      return out;
    };
    f.describe({"a"});
    auto files = DirStore::open(f.dirs);
    REQUIRE(files);
    TimeMs t = 10'000'000;
    bool ended = false;
    for (int i = 0; i < 4000; ++i) {
      if (up_to(900) == 0) {  // the group's series change
        ended = has_b;
        has_b = !has_b;
        has_b ? f.describe({"a", "b"}) : f.describe({"a"});
      }
      if (up_to(1200) == 0) {  // the agent starts again
        f.start();
        has_b ? f.describe({"a", "b"}) : f.describe({"a"});
        ended = false;
      }
      t += up_to(150) == 0 ? -static_cast<TimeMs>(up_to(up_to(3) == 0 ? 1'500'000 : 5'000)) : 1000;
      const double v = i;
      rows.push_back({t, v, has_b ? v + 0.5 : ended ? std::bit_cast<double>(kStaleBits) : absent()});
      ended = false;
      has_b ? f.row(t, {v, v + 0.5}) : f.row(t, {v});
      if (up_to(5) != 0) REQUIRE(f.store->maintain());
      if (i % 40 != 0) continue;
      for (int q = 0; q < 4; ++q) {
        const TimeMs end = t - static_cast<TimeMs>(up_to(up_to(1) == 0 ? 2'000'000 : 100'000));
        const TimeRange range{end - static_cast<TimeMs>(up_to(400'000)), end + static_cast<TimeMs>(up_to(20'000))};
        const bool b = up_to(1) == 0;
        const std::string expected = visible(b, range);
        REQUIRE(f.ask(*f.store, b ? "b" : "a", range.min, range.max) == expected);
        REQUIRE(f.ask(**files, b ? "b" : "a", range.min, range.max) == expected);
        test::check_newest(*f.store, {}, range);
        test::check_newest(**files, std::vector{Matcher::equal("d", b ? "b" : "a")}, range);
      }
      const TimeRange held = f.store->bounds();
      REQUIRE(held.max == std::max_element(rows.begin(), rows.end(), [](auto& x, auto& y) { return x.t < y.t; })->t);
      REQUIRE(held.min == std::min_element(rows.begin(), rows.end(), [](auto& x, auto& y) { return x.t < y.t; })->t);
    }
    CHECK(f.blocks().size() > 4);
    CHECK(f.store->stats().lost_rows == 0);
  }
}

TEST_CASE("questions of other threads and from files get whole answers while rows are written, sealed and overwritten") {
  StoreFixture f(1 << 20);
  f.describe({"a", "b"});
  std::atomic<TimeMs> newest{0};  // release after a row, acquire before a question: what was there must be answered
  std::atomic<bool> done{false};
  std::mt19937_64 random(3);
  f.row(0, {0, 1});
  // A question lasts while 64 rows are written at most: a head, which holds four minutes, is not overwritten under it.
  std::atomic<int> answers[3] = {};  // release and acquire: only their number counts
  const auto ask = [&](const Queryable& q, std::atomic<int>& count) {
    while (!done.load(std::memory_order_acquire)) {
      const TimeMs end = newest.load(std::memory_order_acquire);
      const TimeMs first = std::max<TimeMs>(0, end - 500'000);
      const auto s = q.select({}, {first, end}, {});
      // Every second of the range; of a, whose value is the row's number, with the right one.
      const std::size_t rows = static_cast<std::size_t>((end - first) / 1000 + 1);
      if (!s || s->series.size() != 2 || s->series[0].times.size() != rows) return false;
      for (std::size_t i = 0; i < rows; ++i) {
        if (s->series[0].times[i] != first + static_cast<TimeMs>(i) * 1000) return false;
        if (s->series[0].values[i] != static_cast<double>(s->series[0].times[i] / 1000)) return false;
      }
      if (q.bounds().max < end) return false;
      count.fetch_add(1, std::memory_order_release);
    }
    return true;
  };
  const auto files = DirStore::open(f.dirs);
  REQUIRE(files);
  bool right[3] = {true, true, true};
  std::atomic<int> wrong{0};
  {
    std::vector<std::jthread> readers;
    for (int i = 0; i < 3; ++i) {
      readers.emplace_back([&, i] {
        right[i] = ask(i < 2 ? static_cast<const Queryable&>(*f.store) : **files, answers[i]);
        if (!right[i]) wrong.fetch_add(1, std::memory_order_release);
      });
    }
    for (int i = 1; i < 20'000 && wrong.load(std::memory_order_acquire) == 0; ++i) {
      f.row(i * 1000, {static_cast<double>(i), std::ldexp(static_cast<double>(random() >> 11), -53)});
      newest.store(i * 1000, std::memory_order_release);
      if (i % 32 != 0) continue;
      if (!f.store->maintain()) break;
      for (auto& count : answers) {
        const int before = count.load(std::memory_order_acquire);
        while (count.load(std::memory_order_acquire) == before && wrong.load(std::memory_order_acquire) == 0)
          std::this_thread::yield();
      }
    }
    done.store(true, std::memory_order_release);
  }
  for (int i = 0; i < 3; ++i) {
    CHECK(right[i]);
    CHECK(answers[i].load() > 500);
  }
  CHECK(f.store->stats().lost_rows == 0);
}

TEST_CASE("metrics whose names have one place are told apart, in memory and in files, by selectors one by one and together") {
  // So many names that every place has some.
  constexpr int kNames = 6000;
  const auto name = [](int i) { return fmt::format("m{}_total", i); };
  std::map<NamePlace, int> first;
  std::vector<std::pair<int, int>> same;
  for (int i = 0; i < kNames; ++i) {
    const auto [at, is_new] = first.emplace(name_place(name(i)), i);
    if (!is_new) same.emplace_back(at->second, i);
  }
  REQUIRE(same.size() >= 10);
  CHECK(std::all_of(first.begin(), first.end(), [](const auto& place) { return place.first < kNamePlaces; }));
  StoreFixture f(64 << 20);
  Schema schema;
  for (int i = 0; i < kNames; ++i) schema.push_back({Labels::of(name(i)), MetricType::counter, Rollup::none});
  REQUIRE(f.group->describe(schema));
  std::vector<double> values(kNames);
  std::iota(values.begin(), values.end(), 0.0);
  f.row(1000, values);
  const auto files = DirStore::open(f.dirs);
  REQUIRE(files);
  const auto of_names = [](const Queryable& q, std::span<const MatcherSet> sets) {
    std::set<double> out;
    const auto s = q.select_any(sets, {0, 2000}, {});
    REQUIRE(s);
    for (const SeriesView& v : s->series) out.insert(v.values.back());
    return out;
  };
  for (const auto& [a, b] : std::span(same).first(10)) {
    const Matcher one[] = {Matcher::equal(std::string(kMetricName), name(a))};
    const Matcher other[] = {Matcher::equal(std::string(kMetricName), name(b))};
    for (const Queryable* q : {static_cast<const Queryable*>(f.store.get()), static_cast<const Queryable*>(files->get())}) {
      CHECK(of_names(*q, std::vector<MatcherSet>{one}) == std::set<double>{double(a)});
      CHECK(of_names(*q, std::vector<MatcherSet>{one, other}) == std::set<double>{double(a), double(b)});
      CHECK(q->series(other, {0, 2000}).value() == std::vector<Labels>{Labels::of(name(b))});
    }
  }
}
