// Agents that are killed: at random moments, two hundred of them in a row on the same folders, and at every change that a life makes
// to its files in which the ring wraps or the schema changes. What was published is there afterwards, once, and as it was.
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <random>

#include "store/store.h"
#include "store/window/dir_store.h"
#include "tests/store/copied_dirs.h"
#include "tests/store/telling_rows.h"
#include "tests/temp_dir.h"

using namespace tacho;
using namespace tacho::store;
using test::copied;

namespace {

// Two groups that are written together: every 30th row of the first has one of the second beside it.
const std::array<test::TellingRows, 2> kGroups{{{"quick", 1000, 1700}, {"slow", 30'000, 90}}};
constexpr std::uint64_t kForever = ~0ull;

StoreOptions options_for(const StoreDirs& dirs) {
  StoreOptions options;
  options.dirs = dirs;
  options.budget_bytes = 1 << 20;
  options.block_rows_most = kBlockRows;
  return options;
}

enum class Phase : std::uint8_t { opening, writing, describing, maintaining };

// Between an agent and the test, in memory of both.
struct Shared {
  std::array<std::atomic<std::uint64_t>, 2>
      published{};  // by the agent, release, after the row; the test acquires: they must be there
  // Rows with which lives began; the test reads them when nobody lives.
  std::array<std::array<std::atomic<std::uint64_t>, 1024>, 2> births{};
  std::array<std::atomic<std::size_t>, 2> lives{};
  std::atomic<Phase> phase{};

  std::span<const std::atomic<std::uint64_t>> births_of(std::size_t g) const { return std::span(births[g]).first(lives[g]); }
  void born(std::size_t g, std::uint64_t row) {
    const std::size_t at = lives[g].load();
    if (at == births[g].size()) std::abort();
    births[g][at].store(row);
    lives[g].store(at + 1);
  }
  char wrong[400] = "";

  static Shared& make() {
    void* p = ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    REQUIRE(p != MAP_FAILED);
    return *new (p) Shared;  // until the tests end
  }
};

// Rows that a store has of a group, all checked; where it lacks one that was published, or has it twice or changed: what is wrong.
struct Content {
  std::array<std::uint64_t, 2> next{}, oldest{};
  std::string wrong;
};
Content content(const Queryable& store, const Shared& shared) {
  Content out;
  for (std::size_t g = 0; g < kGroups.size(); ++g) {
    const Matcher first[] = {Matcher::equal("group", kGroups[g].group), Matcher::equal("s", "0")};
    const auto rows = store.select(first, {0, kGroups[g].time(1'000'000)}, {});
    if (!rows) return {{}, {}, rows.error().message};
    if (!rows->series.empty()) out.next[g] = static_cast<std::uint64_t>(rows->series[0].times.back() / kGroups[g].interval_ms);
    const std::uint64_t published = shared.published[g].load(std::memory_order_acquire);
    // One more: it died after it had published the row and before it said so.
    if (out.next[g] < published || out.next[g] > published + 1)
      out.wrong = fmt::format("group {}: {} rows were published, the newest there is row {}", kGroups[g].group, published,
                              out.next[g] - 1);
    const auto found = kGroups[g].check(store, {.published = out.next[g], .births = shared.births_of(g)});
    out.oldest[g] = found.oldest;
    if (!found.wrong.empty()) out.wrong = found.wrong;
  }
  return out;
}

// An agent: opens, goes on where the store ends, and writes until there are so many rows of the first group.
std::string live(const StoreDirs& dirs, Shared& shared, std::uint64_t until) {
  shared.phase = Phase::opening;
  auto opened = Store::open(options_for(dirs));
  if (!opened) return opened.error().message;
  Store& store = **opened;
  auto [next, oldest, wrong] = content(store, shared);
  if (!wrong.empty()) return wrong;
  std::array<std::unique_ptr<Group>, 2> groups;
  shared.phase = Phase::describing;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    groups[g] = store.group(kGroups[g].group, kGroups[g].interval_ms);
    shared.born(g, next[g]);
    // As the row before; a series that ends with the next one has had no row in this life, and gets no marker.
    if (auto ok = groups[g]->describe(kGroups[g].schema(next[g] - (next[g] > 0))); !ok) return ok.error().message;
    shared.published[g].store(next[g], std::memory_order_release);
  }
  const auto write = [&](std::size_t g) {
    shared.phase = kGroups[g].begins_epoch(next[g]) ? Phase::describing : Phase::writing;
    auto ok = kGroups[g].write(*groups[g], next[g]);
    shared.published[g].store(++next[g], std::memory_order_release);
    return ok;
  };
  while (next[0] < until) {
    if (auto ok = write(0); !ok) return ok.error().message;
    while (next[1] < next[0] / 30) {
      if (auto ok = write(1); !ok) return ok.error().message;
    }
    if (next[0] % 5 != 0) continue;
    shared.phase = Phase::maintaining;
    if (auto ok = store.maintain(); !ok) return ok.error().message;
  }
  return "";
}

pid_t start(const StoreDirs& dirs, Shared& shared, std::uint64_t until, bool traced = false) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  if (traced && (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0 || ::raise(SIGSTOP) != 0)) ::_exit(2);
  const std::string wrong = live(dirs, shared, until);
  std::strncpy(shared.wrong, wrong.c_str(), sizeof shared.wrong - 1);
  ::_exit(wrong.empty() ? 0 : 1);
}

// Readers of the files, the next agent, and that one after it has sealed everything, all have what was published.
std::string wrong_after(const StoreDirs& dirs, const Shared& shared) {
  {
    const auto files = DirStore::open(dirs);
    if (!files) return shared.published[0] == 0 ? "" : files.error().message;
    if (auto c = content(**files, shared); !c.wrong.empty()) return "in the files: " + c.wrong;
  }
  const auto store = Store::open(options_for(dirs));
  if (!store) return store.error().message;
  if (auto c = content(**store, shared); !c.wrong.empty()) return "in the next agent: " + c.wrong;
  if (auto ok = (*store)->seal_all(); !ok) return ok.error().message;
  if (auto c = content(**store, shared); !c.wrong.empty()) return "after sealing: " + c.wrong;
  return (*store)->stats().damaged_blocks == 0 ? "" : "something is damaged";
}

// True where a traced process is at the entry of a call that changes files.
bool at_change(pid_t child) {
  __ptrace_syscall_info info{};
  if (::ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof info, &info) <= 0 || info.op != PTRACE_SYSCALL_INFO_ENTRY) return false;
  constexpr std::uint64_t kChanges[] = {
      SYS_pwrite64, SYS_write,  SYS_openat, SYS_fallocate, SYS_fdatasync, SYS_fsync, SYS_unlinkat,
#ifdef SYS_rename  // not on every architecture
      SYS_rename,   SYS_unlink,
#else
      SYS_renameat, SYS_renameat2,
#endif
  };
  return std::find(std::begin(kChanges), std::end(kChanges), info.entry.nr) != std::end(kChanges);
}

// Kills a life at the entry of every `step`-th call that changes files, on a fresh copy of the folders each.
void kill_at_every_change(const StoreDirs& prepared, Shared& shared, std::uint64_t until, const std::string& scratch) {
  const std::array<std::uint64_t, 2> before{shared.published[0], shared.published[1]};
  const std::array<std::size_t, 2> lives{shared.lives[0], shared.lives[1]};
  const int step = std::getenv("TACHO_ROUNDS") != nullptr ? 17 : 1;
  int calls = 0;
  for (bool ended = false; !ended; calls += step) {
    for (std::size_t g = 0; g < before.size(); ++g) shared.published[g] = before[g], shared.lives[g] = lives[g];
    const StoreDirs dirs = copied(prepared, scratch);
    const pid_t child = start(dirs, shared, until, true);
    int status = 0;
    ::waitpid(child, &status, 0);
    if (WIFEXITED(status)) {
      WARN("skipped: a process may not be traced here");
      return;
    }
    ::ptrace(PTRACE_SETOPTIONS, child, nullptr, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
    for (int seen = -1; !ended && seen < calls;) {
      ::ptrace(PTRACE_SYSCALL, child, nullptr, nullptr);
      ::waitpid(child, &status, 0);
      ended = WIFEXITED(status);
      seen += !ended && at_change(child);
    }
    if (ended) {
      if (WEXITSTATUS(status) != 0) FAIL(shared.wrong);
    } else {
      ::kill(child, SIGKILL);
      ::waitpid(child, &status, 0);
    }
    if (auto wrong = wrong_after(dirs, shared); !wrong.empty()) FAIL("killed at change " << calls << ": " << wrong);
  }
  CHECK(calls > 30);
}

}  // namespace

TEST_CASE("200 kills at random moments lose nothing that was published, and change nothing") {
  const char* given = std::getenv("TACHO_SEED");
  const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  const int kills = std::getenv("TACHO_ROUNDS") != nullptr ? 30 : 200;
  INFO("TACHO_SEED=" << seed);
  std::mt19937_64 random(seed);
  const test::TempDir dir = test::TempDir::in_memory();
  const StoreDirs dirs{dir / "state", dir / "run"};
  Shared& shared = Shared::make();
  std::array<int, 4> killed{};  // by phase
  // And on, until openings and sealings were hit: how many are is a matter of how long they take beside the rest.
  const auto lacks = [&killed] { return killed[0] == 0 || killed[3] == 0; };
  for (int i = 0; i < kills || (lacks() && i < 10 * kills); ++i) {
    const bool while_opening = random() % 4 == 0;
    const std::uint64_t target = shared.published[0] + (while_opening ? 0 : 1 + random() % 700);
    const auto moment = std::chrono::microseconds(random() % (while_opening ? 20'000 : 400));
    const pid_t child = start(dirs, shared, kForever);
    int status = 0;
    bool ended = false;
    for (int n = 1; shared.published[0] < target && !ended; ++n)
      ended = n % 4096 == 0 && ::waitpid(child, &status, WNOHANG) == child;
    for (const auto since = std::chrono::steady_clock::now(); std::chrono::steady_clock::now() - since < moment;) {
    }
    if (!ended) {
      ++killed[static_cast<std::size_t>(shared.phase.load())];
      ::kill(child, SIGKILL);
      ::waitpid(child, &status, 0);
    }
    if (!WIFSIGNALED(status)) FAIL("kill " << i << ": " << shared.wrong);
  }
  WARN("TACHO_SEED=" << seed << ": killed while opening " << killed[0] << ", writing " << killed[1] << ", describing "
                     << killed[2] << ", sealing " << killed[3] << ", after " << shared.published[0] << " rows in all");
  CHECK(killed[0] > 0);
  CHECK(killed[3] > 0);

  const std::uint64_t rows = shared.published[0] + 50;
  REQUIRE(live(dirs, shared, rows) == "");
  REQUIRE(wrong_after(dirs, shared) == "");
  // A run that nobody disturbed.
  Shared& other = Shared::make();
  const StoreDirs undisturbed{dir / "other.state", dir / "other.run"};
  REQUIRE(live(undisturbed, other, rows) == "");
  const auto a = Store::open(options_for(dirs)), b = Store::open(options_for(undisturbed));
  REQUIRE(a);
  REQUIRE(b);
  const Content has = content(**a, shared), had = content(**b, other);
  for (std::size_t g = 0; g < kGroups.size(); ++g) {
    REQUIRE(has.next[g] == had.next[g]);
    CHECK((has.next[g] - has.oldest[g]) * 2 > had.next[g] - had.oldest[g]);  // each life costs some room
    const Matcher only[] = {Matcher::equal("group", kGroups[g].group)};
    const TimeRange both{kGroups[g].time(std::max(has.oldest[g], had.oldest[g])), kGroups[g].time(rows)};
    const auto left = (*a)->select(only, both, {}), right = (*b)->select(only, both, {});
    REQUIRE(left);
    REQUIRE(right);
    REQUIRE(left->series.size() == right->series.size());
    const test::TellingRows::Expected unmarked{.births = shared.births_of(g)};
    for (std::size_t i = 0; i < left->series.size(); ++i) {
      const SeriesView &l = left->series[i], &r = right->series[i];
      CHECK(l.labels() == r.labels());
      const auto told = [&](const SeriesView& v) {
        std::vector<std::pair<TimeMs, std::uint64_t>> out;
        for (std::size_t k = 0; k < v.times.size(); ++k) {
          const auto row = static_cast<std::uint64_t>(v.times[k] / kGroups[g].interval_ms) - 1;
          if (is_stale(v.values[k]) && unmarked.unmarked(row)) continue;
          out.emplace_back(v.times[k], std::bit_cast<std::uint64_t>(v.values[k]));
        }
        return out;
      };
      CHECK(told(l) == told(r));
    }
  }
  if (kills >= 200) CHECK(has.oldest[0] > 0);  // the ring has wrapped
}

TEST_CASE("a kill at any change of a file while the schema changes loses nothing that was published") {
  const test::TempDir dir = test::TempDir::in_memory();
  const StoreDirs dirs{dir / "state", dir / "run"};
  Shared& shared = Shared::make();
  REQUIRE(live(dirs, shared, 1690) == "");
  kill_at_every_change(dirs, shared, 1720, dir / "copy");
}

TEST_CASE("a kill at any change of a file while the ring wraps loses nothing that was published") {
  const test::TempDir dir = test::TempDir::in_memory();
  const StoreDirs dirs{dir / "state", dir / "run"};
  Shared& shared = Shared::make();
  // Goes on in steps until one goes over the ring's end, and then back to before it.
  REQUIRE(live(dirs, shared, 256) == "");
  StoreDirs before;
  std::array<std::uint64_t, 2> published{};
  for (std::uint64_t offset = 0, last = 0; offset >= last;) {
    before = copied(dirs, dir / "before");
    published = {shared.published[0], shared.published[1]};
    last = offset;
    REQUIRE(live(dirs, shared, published[0] + 256) == "");
    const auto ring = Ring::open(dirs.ring(), false);
    REQUIRE(ring);
    if (const auto index = (*ring)->snapshot(); !index->empty()) offset = index->back().offset;
  }
  for (std::size_t g = 0; g < published.size(); ++g) shared.published[g] = published[g];
  kill_at_every_change(before, shared, published[0] + 256, dir / "copy");
}
