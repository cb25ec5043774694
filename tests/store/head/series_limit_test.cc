#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "store/store.h"
#include "store/window/dir_store.h"
#include "tests/temp_dir.h"

using namespace tacho;
using namespace tacho::store;

namespace {

struct Limited {
  test::TempDir dir;
  StoreDirs dirs{dir / "state", dir / "run"};
  std::unique_ptr<Store> store;

  explicit Limited(std::size_t series_max, std::uint64_t budget = 4 << 20) {
    StoreOptions o;
    o.dirs = dirs;
    o.budget_bytes = budget;
    o.series_max = series_max;
    auto s = Store::open(std::move(o));
    if (!s) FAIL(s.error().message);
    store = std::move(*s);
  }
  SeriesLimit::Counts counts() const { return store->stats().series; }
};

Schema pods(int first, int end) {
  Schema s;
  for (int i = first; i < end; ++i)
    s.push_back({Labels::of("pod_cpu", {{"pod", fmt::format("pod-{}", i)}}), MetricType::gauge, Rollup::none});
  return s;
}

// A row in which each series has its own number: pod-N has N + t / 1e6.
void row(Group& g, const Schema& schema, TimeMs t) {
  auto cells = g.begin_row();
  REQUIRE(cells.size() == schema.size());
  for (std::size_t i = 0; i < schema.size(); ++i) {
    const double n = std::stod(std::string(schema[i].labels.get("pod")).substr(4));
    cells[i].store(std::bit_cast<std::uint64_t>(n + static_cast<double>(t) / 1e6));
  }
  g.publish(t);
}

// Every sample is of its series and time; returns how many there are (staleness markers aside).
std::size_t right_samples(const Queryable& q) {
  const auto all = q.select({}, {0, 1'000'000'000'000}, {});
  REQUIRE(all);
  std::size_t n = 0;
  for (const SeriesView& s : all->series) {
    const double pod = std::stod(std::string(s.labels().get("pod")).substr(4));
    for (std::size_t i = 0; i < s.times.size(); ++i) {
      if (is_stale(s.values[i])) continue;
      ++n;
      if (s.values[i] != pod + static_cast<double>(s.times[i]) / 1e6) FAIL(s.labels().to_string() << " at " << s.times[i]);
    }
  }
  return n;
}

}  // namespace

TEST_CASE("over the limit of live series the old ones go on, new ones are refused and counted") {
  Limited f(10);
  auto a = f.store->group("a", 1000), b = f.store->group("b", 1000);
  REQUIRE(a->describe(pods(0, 6)));
  REQUIRE(b->describe(pods(100, 103)));
  row(*a, pods(0, 6), 1000);
  row(*b, pods(100, 103), 1000);
  CHECK(f.counts().live == 9);

  const Schema more = pods(95, 103);  // five new ones before the three that there are
  REQUIRE(b->describe(more));
  CHECK(f.counts().live == 10);
  CHECK(f.counts().refused == 4);
  CHECK(f.counts().refused_total == 4);
  row(*b, more, 2000);
  row(*a, pods(0, 6), 2000);
  CHECK(right_samples(*f.store) == 9 + 6 + 4);
  const Matcher old[] = {Matcher::equal("pod", "pod-102")};
  CHECK(f.store->select(old, {0, 10'000}, {})->samples == 2);

  SECTION("a group without room for any series is told what to do, and described when there is room") {
    auto c = f.store->group("c", 1000);
    const auto refused = c->describe(pods(200, 202));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find("storage.series_max") != std::string::npos);
    CHECK_FALSE(c->described());
    a.reset();
    CHECK(c->describe(pods(200, 202)));
  }
  SECTION("what others give back is taken at the next row") {
    REQUIRE(a->describe(pods(0, 1)));
    row(*a, pods(0, 1), 3000);
    row(*b, more, 3000);
    CHECK(f.counts().refused == 0);
    CHECK(f.counts().live == 9);
    CHECK(right_samples(*f.store) == 9 + 6 + 4 + 1 + 8);
    CHECK(f.counts().refused_total == 4);
    CHECK(f.counts().created_total == 14);
    CHECK(f.counts().removed_total == 5);
  }
  SECTION("a source that ends while series are refused marks those that were kept") {
    b->publish_stale(3000);
    const auto s = f.store->select(old, {0, 10'000}, {});
    REQUIRE(s->samples == 3);
    CHECK(is_stale(s->series[0].values[2]));
  }
  SECTION("a group that goes gives all back") {
    b.reset();
    CHECK(f.counts().live == 6);
    CHECK(f.counts().refused == 0);
    CHECK(f.counts().created_total == 10);
    CHECK(f.counts().removed_total == 4);
  }
}

TEST_CASE("a described series is unique, and a refused description changes no count") {
  Limited f(10);
  auto a = f.store->group("a", 1000);
  Schema twice = pods(0, 2);
  twice.push_back(twice[0]);
  CHECK_FALSE(a->describe(twice));
  CHECK(f.counts().live == 0);
}
