// A store of one group in folders of its own, and what tests ask of it: rows in order, blocks, stages, a crash as far as files can tell.
#pragma once

#include <bit>
#include <catch2/catch.hpp>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "store/store.h"
#include "store/window/dir_store.h"
#include "tests/temp_dir.h"

namespace tacho::store {

struct StoreFixture {
  test::TempDir dir;
  StoreDirs dirs{dir / "state", dir / "run"};
  std::unique_ptr<Store> store;
  std::unique_ptr<Group> group;

  explicit StoreFixture(std::uint64_t budget = 4 << 20) : budget_(budget) { start(); }
  void start() {
    group.reset();
    store.reset();
    auto s = Store::open({dirs, budget_, {}, kBlockRows});
    if (!s) FAIL(s.error().message);
    store = std::move(*s);
    group = store->group("g", 1000);
  }
  static Schema schema(std::vector<std::string> devices) {
    Schema s;
    for (const auto& d : devices) s.push_back({Labels::of("m", {{"d", d}}), MetricType::gauge, Rollup::none});
    return s;
  }
  void describe(std::vector<std::string> devices) { REQUIRE(group->describe(schema(std::move(devices)))); }
  void row(TimeMs t, std::vector<double> values) {
    auto cells = group->begin_row();
    for (std::size_t i = 0; i < values.size(); ++i) cells[i].store(std::bit_cast<std::uint64_t>(values[i]));
    group->publish(t);
  }
  std::string ask(const Queryable& q, const std::string& device, TimeMs from = 0, TimeMs to = 1'000'000'000) const {
    const Matcher m[] = {Matcher::equal("d", device)};
    const auto s = q.select(m, {from, to}, {});
    if (!s) return s.error().message;
    std::string out;
    for (const SeriesView& v : s->series) {
      for (std::size_t i = 0; i < v.times.size(); ++i)
        out += fmt::format("{}={} ", v.times[i], is_stale(v.values[i]) ? "stale" : fmt::format("{}", v.values[i]));
    }
    return out;
  }
  std::string ask(const std::string& device) const { return ask(*store, device); }
  std::string ask_files(const std::string& device) const {
    auto d = DirStore::open(dirs);
    if (!d) return d.error().message;
    return ask(**d, device);
  }
  // The folders as they are at this moment, for another store to be opened on: a kill -9, as far as files can tell.
  StoreDirs crashed(const std::string& name) const {
    namespace fs = std::filesystem;
    const StoreDirs to{dir / (name + ".state"), dir / (name + ".run")};
    fs::copy(dirs.state, to.state, fs::copy_options::recursive);
    fs::copy(dirs.runtime, to.runtime, fs::copy_options::recursive);
    return to;
  }
  // Rows of the ring's blocks, oldest first, of a store that is open or not.
  static std::vector<std::uint32_t> blocks(const StoreDirs& dirs) {
    std::vector<std::uint32_t> rows;
    const auto ring = Ring::open(dirs.ring(), false);
    REQUIRE(ring);
    for (const auto index = (*ring)->snapshot(); const RecordRef& r : *index) {
      if (r.header.type == static_cast<std::uint16_t>(RecordType::block)) rows.push_back(r.header.rows);
    }
    return rows;
  }
  std::vector<std::uint32_t> blocks() const { return blocks(dirs); }
  std::size_t stages() const { return list_stages(dirs).size(); }
  // Rows first, first + 1, ... at a second each, the value being the number; maintained as an agent does, each row.
  void seconds(int first, int end) {
    for (int i = first; i < end; ++i) {
      row(i * 1000, {static_cast<double>(i)});
      REQUIRE(store->maintain());
    }
  }
  // Exactly the rows 0 .. n - 1 of seconds(), in order.
  static bool has_seconds(const Queryable& q, int n) {
    const auto s = q.select({}, {0, 1'000'000'000'000}, {});
    if (!s || s->series.size() != 1 || s->series[0].times.size() != static_cast<std::size_t>(n)) return false;
    for (int i = 0; i < n; ++i) {
      const auto at = static_cast<std::size_t>(i);
      if (s->series[0].times[at] != i * 1000 || s->series[0].values[at] != i) return false;
    }
    return true;
  }
  bool files_have_seconds(int n) const {
    auto d = DirStore::open(dirs);
    return d && has_seconds(**d, n);
  }
  // A new agent on these folders finds rows 0 .. n - 1, and has them after sealing everything, too; no stage is left.
  static bool restarted_has_seconds(const StoreDirs& at, int n) {
    auto s = Store::open({at, 4 << 20, {}, kBlockRows});
    if (!s || !has_seconds(**s, n) || !(*s)->seal_all()) return false;
    return has_seconds(**s, n) && list_stages(at).empty() && list_heads(at).empty();
  }
  std::size_t count(const Queryable& q) const {
    const auto s = q.select({}, {0, 1'000'000'000'000}, {});
    REQUIRE(s);
    return s->samples;
  }

 private:
  std::uint64_t budget_;
};

}  // namespace tacho::store
