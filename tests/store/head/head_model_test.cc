// The head's protocol, tried in every behaviour that C++ allows: that readers keep whole rows only, and that each part of the
// protocol is needed for it. The code is the program's (store/head/head_protocol.h), over modelled words (weak_memory.h).
#include <catch2/catch.hpp>
#include <set>

#include "tests/store/head/model_head.h"

using namespace tacho;
using namespace tacho::store;
using namespace tacho::test;

namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;
constexpr auto kAcquire = std::memory_order_acquire;
constexpr auto kRelease = std::memory_order_release;
constexpr std::uint64_t kAllRows = ~0ull;
struct Mutations {
  bool publish_first = false;  // the row is published before its cells are stored
  bool cells_relaxed = false;
  bool times_relaxed = false;
  bool published_relaxed = false;
  bool no_second_look = false;
  bool second_look_first = false;  // before anything is copied
  bool one_more = false;           // the frame that belongs to the writer counts as readable
};

// A head whose protocol is broken as the mutations say.
struct MutatedHead : ModelHead {
  const Mutations& mutations;

  MutatedHead(std::uint64_t capacity, std::size_t columns, const Mutations& m) : ModelHead(capacity, columns), mutations(m) {
    for (std::size_t i = 0; i < words.size(); ++i) {
      if (i % (1 + columns) == 0 ? m.times_relaxed : m.cells_relaxed) words[i].weaken();
    }
    if (m.published_relaxed) published.weaken();
  }
  void write_rows(std::uint64_t count) {
    for (std::uint64_t row = 0; row < count; ++row) {
      const auto cells = begin_frame(frames, row, frames.columns);
      if (mutations.publish_first) publish_frame(frames, row, time_of(row));
      store_cells(cells, row);
      if (!mutations.publish_first) publish_frame(frames, row, time_of(row));
    }
  }
};

// What a reader's code sees of the head; also where its looks are mutated, and noted.
struct ReaderFrames : Frames<Word> {
  const Mutations& mutations;
  mutable std::uint64_t seen = 0;  // the first look at `published`
  mutable std::vector<std::uint64_t> oldest_looks;

  explicit ReaderFrames(const MutatedHead& head) : Frames<Word>(head.frames), mutations(head.mutations) {}
  std::uint64_t published() const { return seen = Frames<Word>::published(); }
  std::uint64_t oldest() const {
    const auto look = [&] {
      const std::uint64_t oldest = Frames<Word>::oldest();
      return oldest - (mutations.one_more && oldest > 0);
    };
    if (oldest_looks.empty()) {
      oldest_looks.push_back(look());
      if (mutations.no_second_look) oldest_looks.push_back(0);
      if (mutations.second_look_first) oldest_looks.push_back(look());
      return oldest_looks[0];
    }
    if (oldest_looks.size() < 2) oldest_looks.push_back(look());
    return oldest_looks[1];
  }
};

// Nothing is left out that was published, in range, and still there at the second look.
std::string missing_rows(const HeadRows& rows, const ReaderFrames& look, TimeMs t_min, TimeMs t_max) {
  for (std::uint64_t row = look.oldest_looks.back(); row < look.seen; ++row) {
    if (time_of(row) < t_min || time_of(row) > t_max) continue;
    if (row < rows.first_row || row >= rows.first_row + rows.times.size()) return fmt::format("row {} is left out", row);
  }
  return "";
}

struct Config {
  std::uint64_t capacity = 4;
  std::size_t columns = 2;
  std::uint64_t rows = 7;
  TimeMs t_min = 0;
  TimeMs t_max = 1'000'000;
};

WeakMemory::Tried try_head(const Config& config, const Mutations& mutations, std::set<std::size_t>* kept = nullptr) {
  WeakMemory memory;
  const auto columns = all_columns(config.columns);
  return memory.explore([&]() -> std::string {
    MutatedHead head(config.capacity, config.columns, mutations);
    memory.thread([&] { head.write_rows(config.rows); });
    std::string wrong;
    memory.thread([&] {
      const ReaderFrames look(head);
      const HeadRows rows = read_frames(look, columns, 0, kAllRows, config.t_min, config.t_max);
      wrong = wrong_rows(rows);
      if (wrong.empty()) wrong = missing_rows(rows, look, config.t_min, config.t_max);
      if (kept != nullptr) kept->insert(rows.times.size());
    });
    return wrong;
  });
}

}  // namespace

TEST_CASE("weak memory: what C++ allows is tried and nothing else") {
  WeakMemory memory;
  std::set<std::pair<std::uint64_t, std::uint64_t>> seen;
  const auto message_passing = [&](std::memory_order store, std::memory_order load) {
    seen.clear();
    memory.explore([&]() -> std::string {
      Word data, ready;
      memory.thread([&] { data.store(1, kRelaxed), ready.store(1, store); });
      memory.thread([&] {
        const auto r = ready.load(load);
        seen.emplace(r, data.load(kRelaxed));
      });
      return "";
    });
    return seen;
  };
  using Seen = std::set<std::pair<std::uint64_t, std::uint64_t>>;
  CHECK(message_passing(kRelease, kAcquire) == Seen{{0, 0}, {0, 1}, {1, 1}});
  CHECK(message_passing(kRelaxed, kAcquire) == Seen{{0, 0}, {0, 1}, {1, 0}, {1, 1}});
  CHECK(message_passing(kRelease, kRelaxed) == Seen{{0, 0}, {0, 1}, {1, 0}, {1, 1}});

  SECTION("a thread never goes back on one word, be it relaxed") {
    seen.clear();
    memory.explore([&]() -> std::string {
      Word x;
      memory.thread([&] { x.store(1, kRelaxed), x.store(2, kRelaxed); });
      memory.thread([&] {
        const auto first = x.load(kRelaxed);
        seen.emplace(first, x.load(kRelaxed));
      });
      return "";
    });
    CHECK(seen == Seen{{0, 0}, {0, 1}, {0, 2}, {1, 1}, {1, 2}, {2, 2}});
  }
  SECTION("what a thread has seen goes on with what it releases") {
    const auto tried = memory.explore([&]() -> std::string {
      Word x, y;
      std::uint64_t a = 0, b = 0, c = 0;
      memory.thread([&] { x.store(1, kRelease); });
      memory.thread([&] { a = x.load(kAcquire), y.store(1, kRelease); });
      memory.thread([&] { b = y.load(kAcquire), c = x.load(kAcquire); });
      return a == 1 && b == 1 && c == 0 ? "forgotten" : "";
    });
    CHECK(tried.violation == "");
  }
  SECTION("two readers may see two writers in different orders: acquire and release do not forbid it") {
    const auto tried = memory.explore([&]() -> std::string {
      Word x, y;
      std::uint64_t a = 0, b = 0, c = 0, d = 0;
      memory.thread([&] { x.store(1, kRelease); });
      memory.thread([&] { y.store(1, kRelease); });
      memory.thread([&] { a = x.load(kAcquire), b = y.load(kAcquire); });
      memory.thread([&] { c = y.load(kAcquire), d = x.load(kAcquire); });
      return a == 1 && b == 0 && c == 1 && d == 0 ? "different orders" : "";
    });
    CHECK(tried.violation == "different orders");
  }
  SECTION("a history that was tried is known") {
    std::size_t behind = 0;
    const auto tried = memory.explore([&]() -> std::string {
      Word x, y;
      memory.thread([&] { x.store(1, kRelaxed), x.store(1, kRelaxed); });
      memory.thread([&] { y.store(x.load(kRelaxed), kRelaxed); });
      if (memory.known()) return "";
      memory.thread([&] { behind += y.load(kRelaxed) < 2; });
      return "";
    });
    CHECK(behind == 2 * 2);  // y was 0 or 1, and the last thread sees it or not
    CHECK(tried.behaviours == 2 * 2 + 1);
  }
}

// Readers store nothing, so one beside another changes nothing: one reader stands for any number.
TEST_CASE("a reader keeps whole rows only, in every behaviour of writer and reader") {
  std::set<std::size_t> kept;
  const auto tried = try_head({}, {}, &kept);
  WARN(tried.behaviours << " behaviours of 7 rows of 2 columns in 4 frames");
  CHECK(tried.violation == "");
  CHECK(tried.behaviours > 1000);
  CHECK(kept == std::set<std::size_t>{0, 1, 2, 3});  // the overwritten are dropped, one by one

  CHECK(try_head({.columns = 1, .rows = 9}, {}).violation == "");
  CHECK(try_head({.capacity = 2, .columns = 3, .rows = 6}, {}).violation == "");
  const auto larger = try_head({.capacity = 8, .rows = 13}, {});
  WARN(larger.behaviours << " behaviours of 13 rows of 2 columns in 8 frames");
  CHECK(larger.violation == "");
  SECTION("also with a range of time") {
    CHECK(try_head({.t_min = time_of(2), .t_max = time_of(4)}, {}).violation == "");
    CHECK(try_head({.t_min = time_of(1), .t_max = time_of(1)}, {}).violation == "");
  }
}

TEST_CASE("a reader that looks again sees nothing go back") {
  WeakMemory memory;
  const auto columns = all_columns(1);
  const Mutations none;
  const auto tried = memory.explore([&]() -> std::string {
    MutatedHead head(4, 1, none);
    memory.thread([&] { head.write_rows(5); });
    std::string wrong;
    memory.thread([&] {
      const ReaderFrames one(head), two(head);
      const HeadRows first = read_frames(one, columns, 0, kAllRows, 0, 1'000'000);
      const HeadRows second = read_frames(two, columns, 0, kAllRows, 0, 1'000'000);
      wrong = wrong_rows(first) + wrong_rows(second);
      if (two.seen < one.seen || second.first_row < first.first_row) wrong = "an older state after a newer one";
    });
    return wrong;
  });
  CHECK(tried.violation == "");
  CHECK(tried.behaviours > 500);
}

TEST_CASE("every part of the head's protocol is needed: without it a torn row is kept") {
  const auto broken = [](Mutations m) { return try_head({}, m).violation; };
  CHECK(broken({.publish_first = true}) != "");
  CHECK(broken({.cells_relaxed = true}) != "");
  CHECK(broken({.times_relaxed = true}) != "");
  CHECK(broken({.published_relaxed = true}) != "");
  CHECK(broken({.no_second_look = true}) != "");
  CHECK(broken({.second_look_first = true}) != "");
  CHECK(broken({.one_more = true}) != "");
}
