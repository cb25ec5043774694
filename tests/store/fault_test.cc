// Disks that are full, read-only or failing, files that are damaged, newer or not files at all: each has a defined answer, and what is
// good stays readable.
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <random>

#include "store/dir_store.h"
#include "store/ship_cursor.h"
#include "store/store.h"
#include "tests/store/telling_rows.h"
#include "tests/temp_dir.h"

using namespace tacho;
using namespace tacho::store;

namespace {

namespace fs = std::filesystem;
const test::TellingRows kRows;

StoreOptions options_for(const StoreDirs& dirs, std::uint64_t budget = 1 << 20) {
  StoreOptions options;
  options.dirs = dirs;
  options.budget_bytes = budget;
  options.block_rows_most = kBlockRows;
  return options;
}

// What did not go as it should, in the order it was seen.
struct Wrong {
  std::string text;
  void unless(bool ok, const std::string& what) {
    if (!ok) text += what + "\n";
  }
  // An error that names all of these.
  template <class T>
  void unless_error(const Result<T>& r, std::initializer_list<std::string_view> parts) {
    unless(!r, "no error");
    for (const std::string_view part : parts) {
      if (!r) unless(r.error().message.find(part) != std::string::npos, fmt::format("no '{}' in: {}", part, r.error().message));
    }
  }
};

// An agent with one group of telling rows.
struct Agent {
  Wrong& wrong;
  StoreDirs dirs;
  std::unique_ptr<Store> store;
  std::unique_ptr<Group> group;
  std::uint64_t next = 0;

  Agent(Wrong& w, const StoreDirs& d, std::uint64_t next_row = 0) : wrong(w), dirs(d), next(next_row) {
    auto opened = Store::open(options_for(dirs));
    wrong.unless(opened.has_value(), opened ? "" : opened.error().message);
    if (!opened) return;
    store = std::move(*opened);
    group = store->group(kRows.group, kRows.interval_ms);
    if (auto ok = group->describe(kRows.schema(next - (next > 0))); !ok) wrong.unless(false, ok.error().message);
  }
  void write(std::uint64_t until) {
    for (; store && next < until; ++next) {
      auto ok = kRows.write(*group, next);
      if (ok) ok = store->maintain();
      if (!ok) return wrong.unless(false, fmt::format("row {}: {}", next, ok.error().message));
    }
  }
  void has(std::uint64_t rows) {
    if (!store) return;
    const auto found = kRows.check(*store, {.published = rows});
    wrong.unless(found.wrong.empty() && found.oldest == 0, "in the agent: " + found.wrong);
    const auto files = DirStore::open(dirs);
    wrong.unless(files.has_value(), "the files cannot be read");
    if (!files) return;
    const auto read = kRows.check(**files, {.published = rows});
    wrong.unless(read.wrong.empty() && read.oldest == 0, "in the files: " + read.wrong);
  }
};

// Runs `scenario` in a process of its own, which dies with whatever it has done to itself. Returns what was wrong.
template <class Scenario>
std::string in_a_process(Scenario scenario) {
  constexpr std::size_t kBytes = 4096;
  auto* said = static_cast<char*>(::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  const pid_t child = ::fork();
  if (child == 0) {
    Wrong wrong;
    scenario(wrong);
    std::strncpy(said, wrong.text.c_str(), kBytes - 1);
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  std::string out(said);
  ::munmap(said, kBytes);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) out += fmt::format("the process ended with status {}", status);
  return out;
}

// The same where only that process sees what it mounts; skipped where it may not.
template <class Scenario>
std::string with_mounts(Scenario scenario) {
  return in_a_process([&](Wrong& wrong) {
    if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
      wrong.text = "skipped";
    } else {
      scenario(wrong);
    }
  });
}
void check_mounted(const std::string& wrong) {
  if (wrong == "skipped") {
    WARN("skipped: nothing can be mounted here (needs CAP_SYS_ADMIN)");
  } else {
    CHECK(wrong == "");
  }
}

std::string small_disk(const std::string& at, const char* size) {
  fs::create_directories(at);
  return ::mount("tmpfs", at.c_str(), "tmpfs", 0, fmt::format("size={}", size).c_str()) == 0 ? "" : ::strerror(errno);
}
// A file that takes all the room that is left.
void fill_up(const std::string& path) {
  std::ofstream out(path, std::ios::binary);
  const std::string page(4096, 'x');
  while (out.write(page.data(), 4096).flush()) {
  }
}

void make_rows(const StoreDirs& dirs, std::uint64_t rows) {
  Wrong wrong;
  Agent agent(wrong, dirs);
  agent.write(rows);
  CHECK(wrong.text == "");
}

StoreDirs copied(const StoreDirs& from, const std::string& to) {
  fs::remove_all(to);
  for (const auto& [a, b] : {std::pair(from.state, to + "/state"), std::pair(from.runtime, to + "/run")})
    fs::create_directories(b), fs::copy(a, b, fs::copy_options::recursive);
  return {to + "/state", to + "/run"};
}

std::uint64_t rounds(std::uint64_t in_release) { return std::getenv("TACHO_ROUNDS") != nullptr ? in_release / 10 : in_release; }

}  // namespace

TEST_CASE("a disk that is too small for the ring: the agent says so, leaves nothing, and starts when there is room") {
  test::TempDir dir;
  const StoreDirs dirs{dir / "state", dir / "run"};
  check_mounted(with_mounts([&](Wrong& wrong) {
    wrong.unless(small_disk(dirs.state, "512k").empty(), "no mount");
    wrong.unless_error(Store::open(options_for(dirs)), {dirs.ring(), "No space left", "make room", "storage.budget"});
    wrong.unless(!fs::exists(dirs.ring()) && !fs::exists(dirs.ring() + ".making"), "a part of a ring is left");
    ::mount(nullptr, dirs.state.c_str(), nullptr, MS_REMOUNT, "size=4m");
    Agent agent(wrong, dirs);
    agent.write(300);
    agent.has(300);
  }));
}

TEST_CASE("a disk that fills up: rows go to the ring, which has its room; the agent also starts again, and uses new room") {
  test::TempDir dir;
  const StoreDirs dirs{dir / "state", dir / "run"};
  check_mounted(with_mounts([&](Wrong& wrong) {
    wrong.unless(small_disk(dirs.state, "2m").empty(), "no mount");
    const ShipCursor cursor(dirs.state, "endpoint");
    {
      Agent agent(wrong, dirs);
      agent.write(300);
      wrong.unless(cursor.save(60'000).has_value(), "no cursor");
      fill_up(dirs.state + "/filler");
      agent.write(1800);  // also over a change of the schema
      agent.has(1800);
      wrong.unless(agent.store->stats().lost_rows == 0, "rows were lost");
      fill_up(dirs.state + "/filler2");  // stages that went to the ring have left some room
      wrong.unless_error(cursor.save(120'000), {cursor.path(), "No space left"});
      wrong.unless(!fs::exists(cursor.path() + ".new"), "half a cursor is left");
      const auto loaded = cursor.load();
      wrong.unless(loaded && *loaded == 60'000, "the old cursor is gone");
    }
    Agent again(wrong, dirs, 1800);
    again.write(2000);
    again.has(2000);
    for (const char* name : {"/filler", "/filler2"}) fs::remove(dirs.state + name);
    again.write(2400);
    again.has(2400);
    wrong.unless(!list_stages(dirs).empty(), "no stages though there is room");
    wrong.unless(cursor.save(180'000).has_value(), "no cursor though there is room");
  }));
}

TEST_CASE("a ring that cannot be made in its new size, for lack of room, stays as it is and is used") {
  test::TempDir dir;
  const StoreDirs dirs{dir / "state", dir / "run"};
  check_mounted(with_mounts([&](Wrong& wrong) {
    wrong.unless(small_disk(dirs.state, "3m").empty(), "no mount");
    {
      Agent(wrong, dirs).write(500);
    }
    {
      const auto store = Store::open(options_for(dirs, 8 << 20));
      wrong.unless(store.has_value(), store ? "" : store.error().message);
      if (!store) return;
      wrong.unless(kRows.check(**store, {.published = 500}).wrong.empty(), "the rows are gone");
      wrong.unless((*store)->stats().budget_bytes == 1 << 20, "another size");
    }
    ::mount(nullptr, dirs.state.c_str(), nullptr, MS_REMOUNT, "size=16m");
    const auto store = Store::open(options_for(dirs, 8 << 20));
    wrong.unless(store && (*store)->stats().budget_bytes == 8 << 20, "not made larger though there is room");
    wrong.unless(store && kRows.check(**store, {.published = 500}).wrong.empty(), "rows are gone");
  }));
}

TEST_CASE("a runtime folder without room: a new source is refused with what to do, the others go on, and it gets in later") {
  test::TempDir dir;
  const StoreDirs dirs{dir / "state", dir / "run"};
  check_mounted(with_mounts([&](Wrong& wrong) {
    wrong.unless(small_disk(dirs.runtime, "256k").empty(), "no mount");
    Agent agent(wrong, dirs);
    agent.write(100);
    fill_up(dirs.runtime + "/filler");
    auto other = agent.store->group("other", 1000);
    wrong.unless_error(other->describe(kRows.schema(0)), {dirs.runtime + "/other.", "No space left", "make room", "--runtime"});
    agent.write(650);
    agent.has(650);
    fs::remove(dirs.runtime + "/filler");
    wrong.unless(other->describe(kRows.schema(0)).has_value(), "no head though there is room");
    agent.write(750);
    agent.has(750);
    wrong.unless(list_heads(dirs).size() == 2, "heads are left");
  }));
}

TEST_CASE("a read-only state folder: readers answer from it, the agent says what it needs") {
  test::TempDir dir;
  const StoreDirs dirs{dir / "state", dir / "run"};
  make_rows(dirs, 1500);
  check_mounted(with_mounts([&](Wrong& wrong) {
    ::mount(dirs.state.c_str(), dirs.state.c_str(), nullptr, MS_BIND, nullptr);
    wrong.unless(::mount(nullptr, dirs.state.c_str(), nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY, nullptr) == 0, "no mount");
    const auto files = DirStore::open(reader_dirs(dirs.state, std::nullopt));
    wrong.unless(files.has_value(), "no reader");
    if (files) {
      wrong.unless(kRows.check(**files, {.published = 1500}).wrong.empty(), "rows are missing");
      wrong.unless((*files)->problems().empty(), "a reader has problems");
    }
    wrong.unless_error(Store::open(options_for(dirs)), {dirs.state, "Read-only", "--state"});
  }));
}

TEST_CASE("what is no file where a file should be is an error, and nobody waits for it") {
  test::TempDir dir;
  const StoreDirs dirs{dir / "state", dir / "run"};
  fs::create_directories(dirs.state);
  fs::create_directories(dirs.runtime);
  std::string what;
  SECTION("a folder") {
    fs::create_directory(dirs.ring());
    what = "a folder";
  }
  SECTION("a pipe") {
    REQUIRE(::mkfifo(dirs.ring().c_str(), 0600) == 0);
    what = "a pipe";
  }
  SECTION("a device") {
    fs::create_symlink("/dev/zero", dirs.ring());
    what = "a device";
  }
  SECTION("a loop of links") {
    fs::create_symlink("ring", dirs.ring());
    what = "symbolic links";
  }
  for (const bool writable : {true, false}) {
    Wrong wrong;
    wrong.unless_error(Ring::open(dirs.ring(), writable, 1 << 20), {dirs.ring(), what});
    CHECK(wrong.text == "");
  }
  CHECK_FALSE(Store::open(options_for(dirs)));
  CHECK_FALSE(DirStore::open(dirs));
}

TEST_CASE("pipes among heads and stages, or as the note of the runtime folder, keep nobody waiting") {
  test::TempDir dir;
  const StoreDirs dirs{dir / "state", dir / "run"};
  make_rows(dirs, 300);
  for (const std::string& path : {dirs.runtime + "/g.77.head", dirs.state + "/g.77.0.stage"})
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  {
    const auto files = DirStore::open(dirs);
    REQUIRE(files);
    CHECK(kRows.check(**files, {.published = 300}).wrong == "");
    CHECK((*files)->problems().size() == 2);
  }
  fs::remove(dirs.state + "/runtime");
  REQUIRE(::mkfifo((dirs.state + "/runtime").c_str(), 0600) == 0);
  CHECK(reader_dirs(dirs.state, std::nullopt).runtime != "");
  Wrong wrong;
  Agent agent(wrong, dirs, 300);
  agent.write(320);
  agent.has(320);
  CHECK(wrong.text == "");
  CHECK(agent.store->stats().damaged_blocks == 2);
}

TEST_CASE("blocks are readable where the record of their schema is damaged and their head has it") {
  test::TempDir dir;
  const StoreDirs dirs{dir / "state", dir / "run"};
  const test::TellingRows steady{"g", 1000, 1'000'000};
  {
    const auto store = Store::open(options_for(dirs));
    REQUIRE(store);
    const auto group = (*store)->group("g", 1000);
    REQUIRE(group->describe(steady.schema(0)));
    for (std::uint64_t row = 0; row < 1100; ++row) {
      REQUIRE(steady.write(*group, row));
      REQUIRE((*store)->maintain());
    }
  }
  std::size_t blocks = 0, schemas = 0;
  for (const auto index = (*Ring::open(dirs.ring(), false))->snapshot(); const RecordRef& r : *index) {
    if (r.is_block()) {
      ++blocks;
      continue;
    }
    ++schemas;
    std::fstream file(dirs.ring(), std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>(r.offset + sizeof(RecordHeader) + 20)).write("\x55\x55\x55", 3);
  }
  REQUIRE(blocks == 1);
  REQUIRE(schemas > 0);
  const auto whole = [&](const Queryable& store) {
    const auto found = steady.check(store, {.published = 1100});
    CHECK(found.wrong == "");
    CHECK(found.oldest == 0);
  };
  const auto files = DirStore::open(dirs);
  REQUIRE(files);
  whole(**files);
  const auto store = Store::open(options_for(dirs));
  REQUIRE(store);
  whole(**store);
}

TEST_CASE("a head of a newer version is set aside, its staged rows are served, and the agent goes on") {
  test::TempDir dir;
  const StoreDirs dirs{dir / "state", dir / "run"};
  make_rows(dirs, 600);
  const std::string path = list_heads(dirs).at(0);
  {
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(8).put(3);
  }
  {
    const auto files = DirStore::open(dirs);
    REQUIRE(files);
    REQUIRE((*files)->problems().size() == 1);
    CHECK((*files)->problems()[0].find("version 3") != std::string::npos);
    CHECK(kRows.check(**files, {.published = 512}).wrong == "");
  }
  const auto store = Store::open(options_for(dirs));
  REQUIRE(store);
  CHECK(kRows.check(**store, {.published = 512}).wrong == "");
  CHECK((*store)->stats().damaged_blocks == 1);
  CHECK(fs::exists(path + ".damaged"));
}

TEST_CASE("a ring cut short anywhere: what lies before the cut is served, and nothing else") {
  test::TempDir dir = test::TempDir::in_memory();
  const StoreDirs dirs{dir / "state", dir / "run"};
  {
    Wrong wrong;
    Agent agent(wrong, dirs);
    agent.write(6000);
    REQUIRE(agent.store->seal_all());
    agent.group.reset();
    REQUIRE(agent.store->maintain());
    REQUIRE(list_heads(dirs).empty());
    CHECK(wrong.text == "");
  }
  const auto ring = Ring::open(dirs.ring(), false);
  REQUIRE(ring);
  const auto index = (*ring)->snapshot();
  std::vector<std::uint64_t> lengths{0, 1, 31, 32, 79, 80, 4095, 4096, 4097};
  std::mt19937_64 random(5);
  const std::uint64_t used = index->back().offset + record_bytes(index->back().header.payload_bytes);
  for (std::uint64_t i = 0; i < rounds(60); ++i) lengths.push_back(4096 + random() % (used - 4096));
  for (const std::uint64_t length : lengths) {
    INFO("cut to " << length);
    std::uint64_t whole = 0;  // rows of the blocks before the cut
    for (const RecordRef& r : *index) {
      if (r.header.type == 1 && r.offset + record_bytes(r.header.payload_bytes) <= length) whole += r.header.rows;
    }
    const StoreDirs cut = copied(dirs, dir / "cut");
    fs::resize_file(cut.ring(), length);
    const auto files = DirStore::open(cut);
    const auto store = Store::open(options_for(cut));
    if (length < 32) {
      CHECK_FALSE(files);
      REQUIRE_FALSE(store);
      CHECK(store.error().message.find("move it away") != std::string::npos);
      continue;
    }
    REQUIRE(files);
    REQUIRE(store);
    for (const Queryable* q : {static_cast<const Queryable*>(files->get()), static_cast<const Queryable*>(store->get())}) {
      const auto found = kRows.check(*q, {.published = whole});
      CHECK(found.wrong == "");
      CHECK(found.rows == whole);
    }
    CHECK(fs::file_size(cut.ring()) == 1 << 20);
  }
}

TEST_CASE("bits turned anywhere in ring and stages: no wrong value, and every block that is whole is served") {
  test::TempDir dir = test::TempDir::in_memory();
  const StoreDirs dirs{dir / "state", dir / "run"};
  std::uint64_t rows = 0, repeats = 0;
  SECTION("of a young ring") { rows = 6000, repeats = rounds(150); }
  SECTION("of a ring that has wrapped") { rows = 60'000, repeats = rounds(30); }
  make_rows(dirs, rows);
  const auto ring = Ring::open(dirs.ring(), false);
  REQUIRE(ring);
  const auto index = (*ring)->snapshot();
  const std::uint64_t used = rows == 6000 ? index->back().offset + record_bytes(index->back().header.payload_bytes) : 1 << 20;
  const auto stages = list_stages(dirs);
  REQUIRE(stages.size() > 1);
  // Which rows are there.
  const auto rows_of = [&](const Queryable& q) {
    const auto found = kRows.check(q, {.published = rows, .gaps = true});
    CHECK(found.wrong == "");
    const Matcher first[] = {Matcher::equal("s", "0")};
    const auto answer = q.select(first, {0, kRows.time(rows)}, {});
    REQUIRE(answer);
    std::vector<bool> there(rows);
    for (const TimeMs t : answer->series.at(0).times) there[static_cast<std::size_t>(t / 1000 - 1)] = true;
    return there;
  };
  const std::vector<bool> before = rows_of(**DirStore::open(dirs));
  CHECK(before.front() == (rows == 6000));
  // An agent that starts seals what lies in the head, over the oldest blocks where the ring is full.
  const auto oldest = static_cast<std::size_t>(std::ranges::find(before, true) - before.begin());
  const std::size_t oldest_kept = oldest == 0 ? 0 : oldest + 3 * kRows.epoch_rows;
  const std::uint64_t seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  for (std::uint64_t round = 0; round < repeats; ++round) {
    const StoreDirs at = copied(dirs, dir / "at");
    std::vector<bool> lost(rows);  // rows that may be missing
    const auto lose = [&](const RecordHeader& h, std::uint64_t epoch_first) {
      for (std::uint64_t r = 0; r < h.rows; ++r) lost[epoch_first + h.first_row + r] = true;
    };
    // A generation of the group begins with each epoch.
    const auto first_of = [&](const RecordHeader& h) { return static_cast<std::uint64_t>(h.t_min / 1000) - 1 - h.first_row; };
    const auto turn = [&](const std::string& path, std::uint64_t offset) {
      std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
      file.seekg(static_cast<std::streamoff>(offset));
      const int c = file.get();
      file.seekp(static_cast<std::streamoff>(offset));
      file.put(static_cast<char>(c ^ (1 << random() % 8)));
    };
    for (std::uint64_t n = 1 + random() % 4; n > 0; --n) {
      const std::uint64_t offset = 64 + random() % (used - 64);  // behind the superblock, of which ring_test.cc turns bits
      turn(at.ring(), offset);
      for (const RecordRef& r : *index) {
        if (offset < r.offset || offset >= r.offset + record_bytes(r.header.payload_bytes)) continue;
        if (r.header.type == 1) lose(r.header, first_of(r.header));
        if (r.header.type != 2) continue;
        // Its blocks are as good as gone where there is no other copy.
        for (const RecordRef& b : *index) {
          if (b.header.type == 1 && b.header.schema_id == r.header.schema_id) lose(b.header, first_of(b.header));
        }
      }
    }
    if (random() % 2 == 0) {
      const auto path = at.state + stages[random() % stages.size()].substr(dirs.state.size());
      const auto stage = Stage::open(path);
      REQUIRE(stage);
      turn(path, random() % fs::file_size(path));
      lose((*stage)->header(), first_of((*stage)->header()));
    }
    const auto look = [&](const Queryable& q, std::size_t from) {
      const std::vector<bool> there = rows_of(q);
      for (std::size_t row = from; row < rows; ++row) {
        if (before[row] && !there[row] && !lost[row])
          FAIL("round " << round << ": row " << row << " is missing, and its block is whole");
      }
    };
    {
      const auto files = DirStore::open(at);
      REQUIRE(files);
      look(**files, 0);
    }
    const auto store = Store::open(options_for(at));
    REQUIRE(store);
    look(**store, oldest_kept);
    REQUIRE((*store)->seal_all());
    look(**store, oldest_kept);
  }
}

TEST_CASE("bits turned anywhere in a head: no crash, and the agent goes on") {
  test::TempDir dir = test::TempDir::in_memory();
  const StoreDirs dirs{dir / "state", dir / "run"};
  make_rows(dirs, 300);
  std::mt19937_64 random(7);
  for (std::uint64_t round = 0; round < rounds(300); ++round) {
    const StoreDirs at = copied(dirs, dir / "at");
    const std::string path = list_heads(at).at(0);
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    // Half of them in the header, where the counts are too.
    const auto offset = static_cast<std::streamoff>(random() % (round % 2 == 0 ? 336 : fs::file_size(path)));
    file.seekg(offset);
    const int c = file.get();
    file.seekp(offset);
    file.put(static_cast<char>(c ^ (1 << random() % 8))).flush();
    const auto files = DirStore::open(at);
    REQUIRE(files);
    CHECK((*files)->select({}, {0, 1'000'000'000}, {}));
    const auto store = Store::open(options_for(at));
    REQUIRE(store);
    CHECK((*store)->select({}, {0, 1'000'000'000}, {}));
    auto group = (*store)->group("g", 1000);
    REQUIRE(group->describe(kRows.schema(300)));
    for (std::uint64_t row = 300; row < 305; ++row) REQUIRE(kRows.write(*group, row));
    CHECK((*store)->seal_all());
  }
}

TEST_CASE("a disk that cannot read a part of the ring: the rest is served, and the agent starts") {
  test::TempDir dir;
  const StoreDirs dirs{dir / "state", dir / "run"};
  make_rows(dirs, 6000);
  const auto ring = Ring::open(dirs.ring(), false);
  REQUIRE(ring);
  const auto index = (*ring)->snapshot();
  const std::string wrong = in_a_process([&](Wrong& w) {
    // Reads that begin in these 64 KiB fail, as on a bad sector.
    const std::uint32_t bad = 32'768;
    const sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_pread64, 0, 4),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args[3])),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, bad, 0, 2),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, bad + 65'536, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EIO),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    sock_fprog filter{std::size(program), const_cast<sock_filter*>(program)};
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) {
      w.text = "skipped";
      return;
    }
    std::uint64_t whole = 0;  // rows before and behind what cannot be read
    for (const RecordRef& r : *index) {
      const std::uint64_t end = r.offset + record_bytes(r.header.payload_bytes);
      if (r.header.type == 1 && (end <= bad || r.offset >= bad + 65'536)) whole += r.header.rows;
    }
    w.unless(whole > 1000 && whole < 5800, fmt::format("{} rows can be read: not what is to be tested", whole));
    const auto look = [&](const Queryable& q) {
      const auto found = kRows.check(q, {.published = 6000, .gaps = true});
      w.unless(found.wrong.empty(), found.wrong);
      w.unless(found.rows >= whole, fmt::format("{} rows of {}", found.rows, whole));
    };
    {
      const auto files = DirStore::open(dirs);
      w.unless(files.has_value(), files ? "" : files.error().message);
      if (files) look(**files);
    }
    Agent agent(w, dirs, 6000);
    if (agent.store) look(*agent.store);
    agent.write(6100);
  });
  if (wrong == "skipped") {
    WARN("skipped: no seccomp here");
  } else {
    CHECK(wrong == "");
  }
}

TEST_CASE("files that shrink under a reader's eyes are rows that are gone, not a crash") {
  test::TempDir dir;
  const StoreDirs dirs{dir / "state", dir / "run"};
  Wrong wrong;
  Agent agent(wrong, dirs);
  agent.write(3000);
  const auto files = DirStore::open(dirs);
  REQUIRE(files);
  for (const std::string& path : list_stages(dirs)) fs::resize_file(path, 0);
  fs::resize_file(dirs.ring(), 8192);
  const auto in_files = kRows.check(**files, {.published = 3000, .gaps = true});
  CHECK(in_files.wrong == "");
  CHECK(in_files.rows > 0);
  const auto in_agent = kRows.check(*agent.store, {.published = 3000, .gaps = true});
  CHECK(in_agent.wrong == "");
  CHECK(in_agent.rows > 100);
  CHECK(wrong.text == "");
}
