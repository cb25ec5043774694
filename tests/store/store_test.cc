#include "store/store.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include "store/window/dir_store.h"
#include "tests/store/newest.h"
#include "tests/temp_dir.h"

using namespace tacho;
using namespace tacho::store;

namespace {

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

}  // namespace

TEST_CASE("what is published is answered at once, by the agent and from its files") {
  StoreFixture f;
  f.describe({"a", "b"});
  f.row(1000, {1, 2});
  f.row(2000, {3, 4});
  CHECK(f.ask("a") == "1000=1 2000=3 ");
  CHECK(f.ask_files("b") == "1000=2 2000=4 ");
  CHECK(f.ask(*f.store, "a", 1500, 2500) == "2000=3 ");
}

TEST_CASE("rows go from head to ring without a gap or a second copy") {
  StoreFixture f;
  f.describe({"a"});
  for (int i = 0; i < 2000; ++i) {
    f.row(i * 1000, {static_cast<double>(i)});
    if (i % 100 == 0) REQUIRE(f.store->maintain());
  }
  const auto s = f.store->select({}, {0, 10'000'000}, {});
  REQUIRE(s);
  REQUIRE(s->series.size() == 1);
  REQUIRE(s->series[0].times.size() == 2000);
  for (std::size_t i = 0; i < 2000; ++i) {
    REQUIRE(s->series[0].times[i] == static_cast<TimeMs>(i * 1000));
    REQUIRE(s->series[0].values[i] == static_cast<double>(i));
  }
  CHECK(f.store->stats().sealed_rows >= 1500);
  CHECK(f.store->stats().lost_rows == 0);
}

TEST_CASE("an agent that was killed loses no published row") {
  StoreFixture f;
  f.describe({"a"});
  f.group.reset();
  f.store.reset();
  const pid_t child = ::fork();
  if (child == 0) {
    auto s = Store::open({f.dirs, 4 << 20, {}, kBlockRows});
    auto g = (*s)->group("g", 1000);
    if (!g->describe(StoreFixture::schema({"a"}))) ::_exit(2);
    for (int i = 0; i < 300; ++i) {
      g->begin_row()[0].store(std::bit_cast<std::uint64_t>(static_cast<double>(i)));
      g->publish(i * 1000);
      if (i == 200 && !(*s)->maintain()) ::_exit(3);
    }
    g->begin_row()[0].store(0);  // dies in the middle of a row
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  REQUIRE(WIFSIGNALED(status));

  const auto files = DirStore::open(f.dirs);
  REQUIRE(files);
  CHECK(f.count(**files) == 300);
  f.start();
  CHECK(f.count(*f.store) == 300);
  CHECK(f.store->stats().recovered_rows > 0);
  f.describe({"a"});
  f.row(300'000, {300});
  CHECK(f.count(*f.store) == 301);
  REQUIRE(f.store->seal_all());
  CHECK(f.count(*f.store) == 301);
  CHECK(f.ask(*f.store, "a", 298'000, 301'000) == "298000=298 299000=299 300000=300 ");
}

TEST_CASE("a series that ends gets a staleness marker, a new one starts, the others go on") {
  StoreFixture f;
  f.describe({"a", "b"});
  f.row(1000, {1, 2});
  f.describe({"b", "c"});
  f.row(2000, {3, 4});
  f.row(3000, {5, 6});
  CHECK(f.ask("a") == "1000=1 2000=stale ");
  CHECK(f.ask("b") == "1000=2 2000=3 3000=5 ");
  CHECK(f.ask("c") == "2000=4 3000=6 ");
  REQUIRE(f.store->maintain());
  CHECK(f.ask("b") == "1000=2 2000=3 3000=5 ");
  CHECK(f.ask_files("a") == "1000=1 2000=stale ");
}

TEST_CASE("after the clock stepped back no instant has two rows, and the newer reading counts") {
  StoreFixture f;
  f.describe({"a"});
  for (TimeMs t : {1000, 2000, 3000, 4000, 5000}) f.row(t, {static_cast<double>(t)});
  for (TimeMs t : {3000, 4000}) f.row(t, {static_cast<double>(-t)});
  CHECK(f.ask("a") == "1000=1000 2000=2000 3000=-3000 4000=-4000 ");
  CHECK(f.ask(*f.store, "a", 4500, 9000) == "");
  SECTION("also in blocks") { REQUIRE(f.store->seal_all()); }
  SECTION("also after a restart") { f.start(), f.describe({"a"}); }
  f.row(5000, {-5000});
  CHECK(f.ask("a") == "1000=1000 2000=2000 3000=-3000 4000=-4000 5000=-5000 ");
  CHECK(f.ask_files("a") == f.ask("a"));
}

TEST_CASE("absent cells are absent in the answer, whatever lies beside them") {
  StoreFixture f;
  f.describe({"a", "b"});
  f.row(1000, {1, 2});
  f.row(2000, {absent(), 3});
  f.row(3000, {4, 5});
  CHECK(f.ask("a") == "1000=1 3000=4 ");
  REQUIRE(f.store->seal_all());
  CHECK(f.ask("a") == "1000=1 3000=4 ");
}

TEST_CASE("the ring's size is the bound: the oldest go, files and answers stay whole") {
  StoreFixture f(1 << 20);
  f.describe({"a", "b", "c", "d", "e", "f", "g", "h"});
  std::mt19937_64 random(8);  // nothing that an encoding could take out
  for (int i = 0; i < 60'000; ++i) {
    std::vector<double> v;
    for (int c = 0; c < 8; ++c) v.push_back(std::ldexp(static_cast<double>(random() >> 11), -53));
    f.row(i * 1000, v);
    if (i % 64 == 0) REQUIRE(f.store->maintain());
  }
  CHECK(std::filesystem::file_size(f.dirs.ring()) == 1 << 20);
  const auto s = f.store->select({}, {0, 100'000'000'000}, {});
  REQUIRE(s);
  REQUIRE(s->series.size() == 8);
  const auto& v = s->series[0];
  CHECK(v.times.size() > 8000);
  for (std::size_t i = 1; i < v.times.size(); ++i) REQUIRE(v.times[i] == v.times[i - 1] + 1000);
  CHECK(v.times.back() == 59'999'000);
  CHECK(f.count(*f.store) == f.count(**DirStore::open(f.dirs)));
  const double bytes = f.store->stats().bytes_per_sample;
  CHECK(bytes > 6.5);
  CHECK(bytes < 8.5);
}

TEST_CASE("a schema stays known as long as a block of its needs it") {
  StoreFixture f(1 << 20);
  f.describe({"old"});
  for (int i = 0; i < 500; ++i) f.row(i * 1000, {i * 0.7});
  f.describe({"new"});
  for (int i = 500; i < 20'000; ++i) {
    f.row(i * 1000, {i * 0.7});
    if (i % 64 == 0) REQUIRE(f.store->maintain());
  }
  f.start();
  const auto all = f.store->series({}, {0, 100'000'000});
  REQUIRE(all);
  CHECK(all->size() == 2);
}

TEST_CASE("a second agent on the same folders is refused, with what to do") {
  StoreFixture f;
  const auto second = Store::open({f.dirs, 4 << 20, {}, kBlockRows});
  REQUIRE_FALSE(second);
  CHECK(second.error().message.find("--state") != std::string::npos);
}

TEST_CASE("readers find the heads by the state folder alone") {
  StoreFixture f;
  f.describe({"a"});
  f.row(1000, {1});
  CHECK(reader_dirs(f.dirs.state, std::nullopt).runtime == f.dirs.runtime);
}

TEST_CASE("rows are counted group by group for completeness") {
  StoreFixture f;
  f.describe({"a"});
  for (int i = 1; i <= 60; ++i) {
    if (i != 30) f.row(i * 1000, {1});
  }
  const auto rows = f.store->group_rows({1, 60'000});
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].group == "g");
  CHECK(rows[0].interval_ms == 1000);
  CHECK(rows[0].rows == 59);
}

TEST_CASE("rows reach the ring as blocks of 1024, out of a head of 256") {
  StoreFixture f;
  f.describe({"a"});
  f.seconds(0, 3000);
  CHECK(f.blocks() == std::vector<std::uint32_t>{1024, 1024});
  CHECK(f.stages() == (3000 - 2048) / 128);
  CHECK(f.store->stats().sealed_rows == 3000 / 128 * 128);
  CHECK(f.store->stats().lost_rows == 0);
  REQUIRE(f.store->seal_all());
  CHECK(f.blocks() == std::vector<std::uint32_t>{1024, 1024, 3000 - 2048});
  CHECK(f.stages() == 0);
  CHECK(f.store->stats().sealed_rows == 3000);
  CHECK(StoreFixture::has_seconds(*f.store, 3000));
}

TEST_CASE("everything published is readable at every instant, while rows move from head to stage to ring") {
  StoreFixture f;
  f.describe({"a"});
  const auto files = DirStore::open(f.dirs);  // one that has seen earlier states, as `tacho top` has
  REQUIRE(files);
  for (int n = 1; n <= 2400; ++n) {
    f.row((n - 1) * 1000, {static_cast<double>(n - 1)});
    if (n % 7 == 0) REQUIRE(f.store->maintain());
    if (n % 7 != 0 && n % 128 > 2) continue;
    if (!StoreFixture::has_seconds(*f.store, n)) FAIL("in the agent after row " << n);
    if (!StoreFixture::has_seconds(**files, n)) FAIL("in an old view of the files after row " << n);
    if (n % 64 < 7 && !f.files_have_seconds(n)) FAIL("in the files after row " << n);
  }
  CHECK((*files)->problems().empty());
  CHECK(f.store->group_rows({0, 1'000'000'000})[0].rows == 2400);
}

TEST_CASE("a crash at any moment loses no row and gives none twice") {
  StoreFixture f;
  f.describe({"a"});
  int at = 0;
  for (const int n : {1, 127, 128, 129, 500, 1023, 1024, 1025, 1151, 1152, 1300}) {
    f.seconds(at, n);
    at = n;
    const StoreDirs copy = f.crashed(std::to_string(n));
    INFO(n);
    CHECK(StoreFixture::restarted_has_seconds(copy, n));
    for (const std::uint32_t rows : StoreFixture::blocks(copy)) CHECK((rows >= 1000 || n < 1000 || rows == n % 1024u));
  }
}

TEST_CASE("a crash between two steps of sealing is recognised") {
  StoreFixture f;
  f.describe({"a"});
  f.seconds(0, 1000);
  REQUIRE(f.stages() == 7);
  const StoreDirs staged = f.crashed("staged");
  namespace fs = std::filesystem;
  SECTION("staged, and the head does not say so") {
    const auto head = Head::open(list_heads(staged)[0], true);
    REQUIRE(head);
    (*head)->mark_sealed(6 * 128);
    CHECK(StoreFixture::restarted_has_seconds(staged, 1000));
  }
  SECTION("a stage was being written") {
    fs::copy_file(list_stages(staged)[0], staged.state + "/g.1.896.stage.new");
    fs::resize_file(staged.state + "/g.1.896.stage.new", 200);
    CHECK(StoreFixture::restarted_has_seconds(staged, 1000));
    CHECK_FALSE(fs::exists(staged.state + "/g.1.896.stage.new"));
  }
  SECTION("appended, and neither the head says so nor is a stage removed") {
    f.seconds(1000, 1024);
    const StoreDirs both = f.crashed("both");
    for (const std::string& stage : list_stages(staged)) fs::copy(stage, both.state);
    const auto head = Head::open(list_heads(both)[0], true);
    REQUIRE(head);
    (*head)->mark_sealed(896);
    const auto files = DirStore::open(both);
    REQUIRE(files);
    CHECK(StoreFixture::has_seconds(**files, 1024));
    CHECK(StoreFixture::restarted_has_seconds(both, 1024));
    CHECK(StoreFixture::blocks(both) == std::vector<std::uint32_t>{1024});
  }
  SECTION("appended, and some stages are removed") {
    f.seconds(1000, 1100);
    const StoreDirs both = f.crashed("both");
    for (std::size_t i = 3; i < 7; ++i) fs::copy(list_stages(staged)[i], both.state);
    CHECK(StoreFixture::restarted_has_seconds(both, 1100));
    CHECK(StoreFixture::blocks(both) == std::vector<std::uint32_t>{1024, 76});
  }
  SECTION("appended, and a stage between others is removed before them") {
    f.seconds(1000, 1100);
    const StoreDirs both = f.crashed("both");
    fs::copy(list_stages(staged)[1], both.state);
    const auto files = DirStore::open(both);
    REQUIRE(files);
    CHECK(StoreFixture::has_seconds(**files, 1100));
    CHECK(StoreFixture::restarted_has_seconds(both, 1100));
  }
  SECTION("all is in the ring and the head is not removed") {
    f.group.reset();
    const auto live = list_heads(f.dirs);
    const auto before = f.crashed("before");
    REQUIRE(f.store->maintain());
    REQUIRE(list_heads(f.dirs).empty());
    const StoreDirs both = f.crashed("both");
    fs::copy(list_heads(before)[0], both.runtime);
    CHECK(StoreFixture::restarted_has_seconds(both, 1000));
    CHECK(StoreFixture::blocks(both) == std::vector<std::uint32_t>{1000});
  }
  SECTION("the head is gone and stages are left") {
    fs::remove(list_heads(staged)[0]);
    const auto files = DirStore::open(staged);
    REQUIRE(files);
    CHECK(StoreFixture::has_seconds(**files, 896));
    CHECK(StoreFixture::restarted_has_seconds(staged, 896));
  }
}

TEST_CASE("a damaged stage is set aside and counted, the rest is served, and what the head still has") {
  StoreFixture f;
  f.describe({"a"});
  f.seconds(0, 1000);
  const StoreDirs at = f.crashed("at");
  const auto damage = [&](std::uint64_t first_row) {
    const std::string path = fmt::format("{}/g.1.{}.stage", at.state, first_row);
    std::string bytes = *read_file(path);
    bytes[120] = static_cast<char>(bytes[120] ^ 4);
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
    return path;
  };
  SECTION("rows that are nowhere else") {
    const std::string path = damage(256);
    auto files = DirStore::open(at);
    REQUIRE(files);
    CHECK(f.count(**files) == 1000 - 128);
    CHECK((*files)->problems().size() == 1);
    auto s = Store::open({at, 4 << 20, {}, kBlockRows});
    REQUIRE(s);
    CHECK(f.count(**s) == 1000 - 128);
    CHECK((*s)->stats().damaged_blocks == 1);
    CHECK((*s)->stats().recovered_rows == 1000 - 128);
    CHECK(std::filesystem::exists(path + ".damaged"));
    CHECK(list_stages(at).empty());
  }
  SECTION("rows that are still in the head") {
    damage(768);
    CHECK(StoreFixture::restarted_has_seconds(at, 1000));
  }
  SECTION("cut short") {
    std::filesystem::resize_file(at.state + "/g.1.0.stage", 100);
    auto s = Store::open({at, 4 << 20, {}, kBlockRows});
    REQUIRE(s);
    CHECK(f.count(**s) == 1000 - 128);
    CHECK((*s)->stats().damaged_blocks == 1);
  }
  SECTION("of a head and a ring that are gone: stages say themselves what they are") {
    std::filesystem::remove(list_heads(at)[0]);
    std::filesystem::remove(at.ring());
    const auto files = DirStore::open(at);
    REQUIRE(files);
    CHECK(StoreFixture::has_seconds(**files, 896));
    CHECK(StoreFixture::restarted_has_seconds(at, 896));
    CHECK(StoreFixture::blocks(at) == std::vector<std::uint32_t>{896});
  }
  SECTION("of a head that is gone, where the one that says what they are is damaged") {
    damage(0);
    std::filesystem::remove(list_heads(at)[0]);
    auto s = Store::open({at, 4 << 20, {}, kBlockRows});
    REQUIRE(s);
    CHECK(f.count(**s) == 0);
    CHECK((*s)->stats().damaged_blocks == 7);
    CHECK(list_stages(at).empty());
  }
}

TEST_CASE("the clock steps back among staged rows: blocks end there, and the newer reading counts") {
  StoreFixture f;
  f.describe({"a"});
  f.seconds(0, 300);
  f.seconds(200, 500);  // rows 300 .. 599
  const auto right = [&](const Queryable& q) { return StoreFixture::has_seconds(q, 500); };
  CHECK(right(*f.store));
  CHECK(f.files_have_seconds(500));
  CHECK(f.stages() == 5);  // 0, 128, 256 up to the step, 300 up to 384, 384 up to 512
  const StoreDirs copy = f.crashed("copy");
  CHECK(StoreFixture::restarted_has_seconds(copy, 500));
  REQUIRE(f.store->seal_all());
  CHECK(right(*f.store));
  CHECK(f.blocks() == std::vector<std::uint32_t>{300, 300});
}

TEST_CASE("a new generation sends the staged rows of the old one to the ring in one block") {
  StoreFixture f;
  f.describe({"a"});
  f.seconds(0, 600);
  f.describe({"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"});  // eight of them would have found a spare column
  CHECK(f.stages() == 4);
  f.row(600'000, {600, 0});
  REQUIRE(f.store->maintain());
  CHECK(f.stages() == 0);
  CHECK(f.blocks() == std::vector<std::uint32_t>{600});
  CHECK(list_heads(f.dirs).size() == 1);
  CHECK(f.count(*f.store) == 602);
  CHECK(f.ask(*f.store, "a", 598'000, 700'000) == "598000=598 599000=599 600000=600 ");
}

TEST_CASE("no row waits outside the ring longer than the bound") {
  StoreFixture f;
  f.group = f.store->group("slow", 60'000);
  f.describe({"a"});
  TimeMs newest_in_ring = -1;
  for (TimeMs t = 0; t < 6 * 3'600'000; t += 60'000) {
    f.row(t, {static_cast<double>(t)});
    REQUIRE(f.store->maintain());
    for (const auto index = (*Ring::open(f.dirs.ring(), false))->snapshot(); const RecordRef& r : *index)
      newest_in_ring = std::max(newest_in_ring, r.header.type == 1 ? r.header.t_max : -1);
    REQUIRE(t - newest_in_ring <= kStageAgeMs + 60'000);
  }
  CHECK(f.count(*f.store) == 360);
  for (const std::uint32_t rows : f.blocks()) CHECK(rows == 77);
}

TEST_CASE("where no stage can be written, rows go straight to the ring") {
  StoreFixture f;
  f.describe({"a"});
  f.seconds(0, 300);
  REQUIRE(f.stages() == 2);
  const std::string in_the_way = f.dirs.state + "/g.1.256.stage.new";
  std::filesystem::create_directory(in_the_way);
  f.seconds(300, 384);
  CHECK(f.blocks() == std::vector<std::uint32_t>{384});  // those staged before go with them
  CHECK(f.stages() == 0);
  CHECK(StoreFixture::has_seconds(*f.store, 384));
  f.seconds(384, 1000);
  CHECK(f.stages() == 4);
  CHECK(f.store->stats().sealed_rows == 1000 / 128 * 128);
  CHECK(StoreFixture::has_seconds(*f.store, 1000));
  CHECK(StoreFixture::restarted_has_seconds(f.crashed("copy"), 1000));
}

TEST_CASE("blocks that would be too large for a small ring have fewer rows") {
  StoreFixture f(1 << 20);
  std::vector<std::string> devices;
  for (int i = 0; i < 64; ++i) devices.push_back(std::to_string(i));
  std::mt19937_64 random(64);  // nothing that an encoding could take out
  f.describe(devices);
  for (int i = 0; i < 1200; ++i) {
    std::vector<double> v;
    for (int c = 0; c < 64; ++c) v.push_back(std::ldexp(static_cast<double>(random() >> 11), -53));
    f.row(i * 1000, v);
    REQUIRE(f.store->maintain());
    REQUIRE(f.store->bounds().max == i * 1000);
  }
  CHECK(f.store->stats().lost_rows == 0);
  CHECK(f.blocks().size() > 1);
  CHECK(f.count(*f.store) == 1200 * 64);
}

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
