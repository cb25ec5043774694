// Every behaviour that C++ allows a few threads which talk through atomic words, one after the other.
//
//   WeakMemory memory;
//   const auto tried = memory.explore([&]() -> std::string {
//     Word data, ready;
//     memory.thread([&] { data.store(1, relaxed), ready.store(1, release); });
//     memory.thread([&] { seen = ready.load(acquire), got = data.load(relaxed); });
//     return seen == 1 && got != 1 ? "the data came after the flag" : "";
//   });
//
// Model    A word is the list of all messages ever stored to it; a thread has a view: for each word the newest message that it
//          must know of. A load takes any message not older than the view, not only the newest one; that is all the stale reads
//          there are. A release store's message carries the thread's view, and an acquire load takes it over; relaxed ones do not.
//          These are the rules of C++ for release, acquire and relaxed, less reads of values out of thin air. Fences,
//          seq_cst and read-modify-write are not modelled.
// Shape    threads in layers: one may load only what it, or a thread before it, has stored, and a word has one storing thread. A
//          thread's stores then do not depend on those behind it, and as a load may be served an older message however many there
//          are, a thread may run to its end before the next begins: what is left of all interleavings is which message each
//          load takes. These choices are enumerated, all of them; known() leaves out what was tried in another way before.
// Errors   TACHO_CHECK where a program leaves that shape.
// Threads  one.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "proto/base/check.h"

namespace tacho::test {

class WeakMemory {
 public:
  struct Tried {
    std::size_t behaviours = 0;
    std::string violation;  // what `program` said of the first bad one, where the search ended; empty: there is none
  };

  WeakMemory() { current() = this; }
  ~WeakMemory() { current() = nullptr; }
  WeakMemory(const WeakMemory&) = delete;

  // Runs `program` once a behaviour. It makes its words and threads anew, and says what was wrong, if anything.
  template <class Program>
  Tried explore(Program program) {
    Tried tried;
    path_.clear();
    known_.clear();
    changed_ = -1;
    do {
      at_ = 0;
      thread_ = 0;
      words_.clear();
      tried.violation = program();
      ++tried.behaviours;
    } while (tried.violation.empty() && next());
    return tried;
  }

  // A thread of the program: `body` runs at once.
  template <class Body>
  void thread(Body body) {
    ++thread_;
    view_ = {};
    body();
  }

  // Between two threads: true where every word has the history that it had in an earlier behaviour. What is left of the program
  // has been tried then, if it depends on nothing but the words.
  bool known() {
    if (changed_ >= at_) return false;  // nothing has changed up to here since it was asked last: what follows is being tried
    std::string state;
    for (const History* word : words_) {
      for (const Message& m : *word) {
        state.append(reinterpret_cast<const char*>(&m.value), sizeof m.value);
        state.append(m.view.begin(), m.view.end());
      }
      state += '|';
    }
    return !known_.insert(std::move(state)).second;
  }

 private:
  friend class Word;
  static constexpr std::size_t kWords = 32;
  using View = std::array<std::uint8_t, kWords>;  // for each word, the number of a message
  struct Message {
    std::uint64_t value = 0;
    View view{};
  };
  using History = std::vector<Message>;

  static WeakMemory*& current() {
    static WeakMemory* memory = nullptr;
    return memory;
  }

  std::size_t choose(std::size_t count) {
    const auto at = static_cast<std::size_t>(at_++);
    if (at == path_.size()) path_.emplace_back(0, count);
    TACHO_CHECK(path_[at].second == count, "the program does not do the same twice");
    return path_[at].first;
  }
  bool next() {
    while (!path_.empty() && path_.back().first + 1 == path_.back().second) path_.pop_back();
    if (path_.empty()) return false;
    ++path_.back().first;
    changed_ = static_cast<std::ptrdiff_t>(path_.size()) - 1;
    return true;
  }

  std::vector<std::pair<std::size_t, std::size_t>> path_;  // of this behaviour: each load's choice, and of how many
  std::ptrdiff_t at_ = 0;
  std::ptrdiff_t changed_ = -1;  // the first choice that is another than in the behaviour before
  int thread_ = 0;
  View view_{};
  std::vector<const History*> words_;
  std::unordered_set<std::string> known_;
};

// In the place of a std::atomic<std::uint64_t>. 0 at first, which every thread knows of.
class Word {
 public:
  Word() : memory_(*WeakMemory::current()), id_(memory_.words_.size()) {
    TACHO_CHECK(id_ < WeakMemory::kWords);
    memory_.words_.push_back(&history_);
  }
  Word(const Word&) = delete;

  std::uint64_t load(std::memory_order order) const {
    TACHO_CHECK(order == std::memory_order_acquire || order == std::memory_order_relaxed);
    if (memory_.thread_ != writer_) readers_ = true;
    std::uint8_t& known = memory_.view_[id_];
    known = static_cast<std::uint8_t>(known + memory_.choose(history_.size() - known));
    const WeakMemory::Message& taken = history_[known];
    if (order == std::memory_order_acquire && !weak_) {
      for (std::size_t i = 0; i < WeakMemory::kWords; ++i) memory_.view_[i] = std::max(memory_.view_[i], taken.view[i]);
    }
    return taken.value;
  }
  void store(std::uint64_t value, std::memory_order order) {
    TACHO_CHECK(order == std::memory_order_release || order == std::memory_order_relaxed);
    TACHO_CHECK(!readers_ && (writer_ == 0 || writer_ == memory_.thread_),
                "a word that is not stored by one thread, before it is read");
    writer_ = memory_.thread_;
    memory_.view_[id_] = static_cast<std::uint8_t>(history_.size());
    TACHO_CHECK(memory_.view_[id_] == history_.size());
    const bool release = order == std::memory_order_release && !weak_;
    history_.push_back({value, release ? memory_.view_ : WeakMemory::View{}});
  }

  // Mutation: all loads and stores of this word are relaxed, whatever they ask for.
  void weaken() { weak_ = true; }

 private:
  WeakMemory& memory_;
  std::size_t id_;
  WeakMemory::History history_{1};
  int writer_ = 0;  // the thread that stores to it; 0: none so far
  mutable bool readers_ = false;
  bool weak_ = false;
};

}  // namespace tacho::test
