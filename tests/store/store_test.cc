#include "store/store.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <random>

#include "tests/store/store_fixture.h"

using namespace tacho;
using namespace tacho::store;

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

TEST_CASE("files that come within a second are found where the file system's times are whole seconds") {
  StoreFixture f;
  f.describe({"a"});
  f.row(1000, {1});
  const auto files = DirStore::open(f.dirs);
  REQUIRE(files);
  timespec now{};
  const auto as_then = [&] {
    const timespec whole{.tv_sec = now.tv_sec, .tv_nsec = 0};
    const timespec times[] = {whole, whole};
    REQUIRE(::utimensat(AT_FDCWD, f.dirs.state.c_str(), times, 0) == 0);
    REQUIRE(::utimensat(AT_FDCWD, f.dirs.runtime.c_str(), times, 0) == 0);
  };
  timespec asked{};
  do {  // within that second, or the next
    ::clock_gettime(CLOCK_REALTIME, &now);
    as_then();
    CHECK(f.ask(**files, "a") == "1000=1 ");
    ::clock_gettime(CLOCK_REALTIME, &asked);
  } while (asked.tv_sec > now.tv_sec + 1);
  const auto other = f.store->group("h", 1000);  // in a file of its own
  REQUIRE(other->describe(StoreFixture::schema({"b"})));
  other->begin_row()[0].store(std::bit_cast<std::uint64_t>(3.0));
  other->publish(2000);
  as_then();
  CHECK(f.ask(**files, "b") == "2000=3 ");
}
