// Disks that are full, read-only or failing, and what is no file where one should be: each has a defined answer, and what is good stays
// readable.
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

#include <cstddef>
#include <cstring>
#include <fstream>

#include "store/shipping/ship_cursor.h"
#include "tests/store/faulty_agent.h"
#include "tests/temp_dir.h"

using namespace tacho;
using namespace tacho::store;
using namespace tacho::test;

namespace {

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
