// The hand-over of rows from the head to stages to the ring, tried in every behaviour that C++ allows: whoever looks finds every
// published row, however far the sealer is. Head code is the program's (store/head/head_protocol.h). The sealer mirrors
// Store::maintain(), seal(), stage_rows(), append_rows() and drop_stages() in store/store.cc, the reader Store::snapshot() and
// DirStore::refresh(), then group_parts() in store/window/window_parts.cc and decode_head() in store/window/window.cc.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <set>

#include "tests/store/head/model_head.h"

using namespace tacho;
using namespace tacho::store;
using namespace tacho::test;

namespace {

constexpr auto kAcquire = std::memory_order_acquire;
constexpr auto kRelease = std::memory_order_release;
constexpr std::uint64_t kAllRows = ~0ull;
constexpr std::uint64_t kCapacity = 4, kBatch = kCapacity / 2, kBlock = 2 * kBatch;
const std::vector<std::uint32_t> kColumns = all_columns(1);

struct Mutations {
  bool closes_early = false;            // the writer closes the head before its last row
  bool closed_after_published = false;  // the sealer looks whether the head is closed after it has looked how far it goes
  bool drops_stages_early = false;      // before their rows are in the ring
  bool head_removed_early = false;      // before its last rows are in the ring
  bool ring_first = false;              // the reader looks at the ring before the stages
  bool heads_last = false;              // the reader looks for heads after everything else
  bool head_preferred = false;          // what lies in a head and elsewhere is read from the head
};

using Rows = std::set<std::uint64_t>;

// Lists of heads, stages and blocks: a word each, changed under a lock or by a rename, which release and acquire. Bit n of
// `stages` and `ring` is the n-th that was made; what it holds never changes.
struct Shared {
  ModelHead head{kCapacity, kColumns.size()};
  Word closed, sealed, head_gone, stages, ring;
  std::vector<Rows> made;  // of each stage or block its rows
  Rows lost;               // overwritten before the sealer came
  std::string wrong;       // what the sealer found
};

class Sealer {
 public:
  Sealer(Shared& shared, const Mutations& mutations) : s_(shared), m_(mutations) {}

  // False once the head is removed.
  bool maintain() {
    bool done = s_.closed.load(kAcquire) != 0;
    const std::uint64_t published = s_.head.frames.published();
    if (m_.closed_after_published) done = s_.closed.load(kAcquire) != 0;
    seal(done, published);
    const std::uint64_t last = m_.closed_after_published ? published : s_.head.frames.published();
    if (!done || (sealed_ < last && !m_.head_removed_early) || !staged_.empty()) return true;
    s_.head_gone.store(1, kRelease);
    return false;
  }

 private:
  void seal(bool everything, std::uint64_t published) {
    const std::uint64_t oldest = s_.head.frames.oldest();
    for (std::uint64_t row = sealed_; row < oldest; ++row) s_.lost.insert(row);
    mark_sealed(std::max(sealed_, oldest));
    if (everything) {
      if (!staged_.empty() || (sealed_ < published && !m_.head_removed_early)) append_rows(published);
      return;
    }
    while (published - std::min(published, sealed_) >= kBatch) {
      if (sealed_ - std::min(sealed_, in_ring_) + kBatch < kBlock) {
        if (make(read(sealed_, sealed_ + kBatch), staged_)) s_.stages.store(bits_of(staged_), kRelease);
        mark_sealed(sealed_ + kBatch);
      } else {
        append_rows(sealed_ + kBatch);
      }
    }
  }
  void append_rows(std::uint64_t end) {
    Rows rows;
    std::uint64_t next = in_ring_;
    for (const std::size_t stage : staged_) {
      rows.insert(s_.made[stage].begin(), s_.made[stage].end());
      next = std::max(next, *s_.made[stage].rbegin() + 1);
    }
    if (next < end) rows.merge(read(next, end));
    if (m_.drops_stages_early) s_.stages.store(0, kRelease);
    if (make(std::move(rows), appended_)) s_.ring.store(bits_of(appended_), kRelease);
    in_ring_ = end;
    mark_sealed(end);
    staged_.clear();
    if (!m_.drops_stages_early) s_.stages.store(0, kRelease);
  }
  void mark_sealed(std::uint64_t rows) {
    if (rows > sealed_) s_.sealed.store(sealed_ = rows, kRelease);
  }
  Rows read(std::uint64_t first, std::uint64_t end) {
    const HeadRows rows = read_frames(s_.head.frames, kColumns, first, end, 0, 1'000'000);
    s_.wrong += wrong_rows(rows);
    Rows out;
    for (std::uint64_t row = first; row < end; ++row) {
      const bool there = row >= rows.first_row && row < rows.first_row + rows.times.size();
      (there ? out : s_.lost).insert(row);
    }
    return out;
  }
  // False where there is nothing to make it of: all rows are lost.
  bool make(Rows rows, std::vector<std::size_t>& list) {
    if (rows.empty()) return false;
    list.push_back(s_.made.size());
    s_.made.push_back(std::move(rows));
    return true;
  }
  static std::uint64_t bits_of(const std::vector<std::size_t>& numbers) {
    std::uint64_t bits = 0;
    for (const std::size_t n : numbers) bits |= 1ull << n;
    return bits;
  }

  Shared& s_;
  const Mutations& m_;
  std::uint64_t sealed_ = 0, in_ring_ = 0;
  std::vector<std::size_t> staged_, appended_;
};

// What a reader answers, or what is wrong with it.
std::string look(Shared& s, const Mutations& m, std::uint64_t rows_in_all) {
  const std::uint64_t sealed = s.sealed.load(kAcquire);
  std::uint64_t gone = m.heads_last ? 0 : s.head_gone.load(kAcquire);
  std::uint64_t ring = m.ring_first ? s.ring.load(kAcquire) : 0;
  const std::uint64_t stages = s.stages.load(kAcquire);
  if (!m.ring_first) ring = s.ring.load(kAcquire);
  if (m.heads_last) gone = s.head_gone.load(kAcquire);

  Rows elsewhere;
  for (std::size_t n = 0; n < s.made.size(); ++n) {
    if (((stages | ring) >> n & 1) != 0) elsewhere.insert(s.made[n].begin(), s.made[n].end());
  }
  Rows found = elsewhere;
  std::uint64_t published = rows_in_all, oldest_then = 0;
  if (gone == 0) {
    const HeadRows in_head = read_frames(s.head.frames, {}, 0, kAllRows, 0, 1'000'000);
    published = in_head.first_row + in_head.times.size();
    for (std::uint64_t row = in_head.first_row; row < published;) {
      if (!m.head_preferred && elsewhere.contains(row)) {
        ++row;
        continue;
      }
      if (m.head_preferred) found.erase(row);
      std::uint64_t end = row + 1;
      for (; end < published && (m.head_preferred || !elsewhere.contains(end)); ++end)
        found.erase(m.head_preferred ? end : kAllRows);
      const HeadRows rows = read_frames(s.head.frames, kColumns, row, end, 0, 1'000'000);
      if (auto wrong = wrong_rows(rows); !wrong.empty()) return wrong;
      for (std::size_t i = 0; i < rows.times.size(); ++i) found.insert(rows.first_row + i);
      row = end;
    }
    oldest_then = s.head.frames.oldest();
  }
  for (std::uint64_t row = 0; row < published; ++row) {
    // Not sealed when we began, and overwritten when we were done: the writer got a whole head ahead of the sealer meanwhile.
    const bool overwritten = row >= sealed && row < oldest_then;
    if (!found.contains(row) && !s.lost.contains(row) && !overwritten)
      return fmt::format("row {} of {} is not found", row, published);
  }
  return "";
}

WeakMemory::Tried try_handover(std::uint64_t rows, int rounds, const Mutations& mutations, Rows* lost = nullptr) {
  WeakMemory memory;
  return memory.explore([&]() -> std::string {
    Shared s;
    memory.thread([&] {
      for (std::uint64_t row = 0; row < rows; ++row) {
        if (mutations.closes_early && row + 1 == rows) s.closed.store(1, kRelease);
        s.head.write_row(row);
      }
      if (!mutations.closes_early) s.closed.store(1, kRelease);
    });
    memory.thread([&] {
      Sealer sealer(s, mutations);
      for (int i = 0; i < rounds && sealer.maintain(); ++i) {
      }
    });
    if (lost != nullptr) lost->insert(s.lost.begin(), s.lost.end());
    if (!s.wrong.empty() || memory.known()) return s.wrong;
    std::string wrong;
    memory.thread([&] { wrong = look(s, mutations, rows); });
    return wrong;
  });
}

// A sanitizer, which is slow and has nothing to find here, gets a smaller one.
const std::uint64_t kRowCount = std::getenv("TACHO_ROUNDS") != nullptr ? 5 : 6;

}  // namespace

TEST_CASE("a reader finds every published row, wherever the sealer is") {
  Rows lost;
  const auto tried = try_handover(kRowCount, 3, {}, &lost);
  WARN(tried.behaviours << " behaviours");
  CHECK(tried.violation == "");
  CHECK_FALSE(lost.empty());  // sealers that came too late were among them
}

TEST_CASE("every step of the hand-over is needed in its order: otherwise a row is not found") {
  const auto broken = [](Mutations m) { return try_handover(kRowCount, 3, m).violation; };
  CHECK(broken({.closes_early = true}) != "");
  CHECK(broken({.closed_after_published = true}) != "");
  CHECK(broken({.drops_stages_early = true}) != "");
  CHECK(broken({.head_removed_early = true}) != "");
  CHECK(broken({.ring_first = true}) != "");
  CHECK(broken({.heads_last = true}) != "");
  CHECK(broken({.head_preferred = true}) != "");
}
