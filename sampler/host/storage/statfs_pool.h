// statfs(2) over many mounts of which some may never answer: the ones that do are not kept waiting.
//
// Shape    one place() a mount, then ask() for all of them; each comes back with what it said, or with why there is nothing.
// Threads  ask() and place(): one thread, the source's. The calls are made by threads of the pool: one where all mounts answer at
//          once; one more, up to kThreadsMax, while all are held up for longer than kHeldUp.
// Hanging  a call that is not back when the patience ends goes on hanging in its thread (nothing can end it), and its mount is
//          not asked again until it returns. At most kDoubtfulMax threads are given to mounts that did not answer last time or
//          are asked for the first time; the rest are for those that did. When no thread is left, mounts are not asked, and say so.
// Cost     a hand-over to another thread and back for all mounts together, some 10 us, and the calls. No allocation in ask().
// End      threads that wait end with the pool; those that hang are left behind, with what they need, and end when they return.
#pragma once

#include <sys/vfs.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace tacho::sampler {

// 0 or an errno; tests bring their own.
using StatfsCall = int (*)(const char* path, struct statfs& out);
int system_statfs(const char* path, struct statfs& out);

class StatfsPool {
 public:
  static constexpr std::size_t kThreadsMax = 8;
  static constexpr std::size_t kDoubtfulMax = 4;
  static constexpr std::chrono::milliseconds kHeldUp{20};

  enum class Outcome : unsigned char {
    answered,   // error and stat are the call's
    hangs,      // it was asked, now or earlier, and is not back
    not_asked,  // too many others hang
  };
  struct Answer {
    Outcome outcome = Outcome::not_asked;
    int error = 0;
    struct statfs stat{};
    bool has_values() const { return outcome == Outcome::answered && error == 0; }
  };
  class Place;  // a mount

  explicit StatfsPool(StatfsCall call);
  ~StatfsPool();
  StatfsPool(const StatfsPool&) = delete;

  // The place of a path; the same one for as long as somebody holds it or a call to it hangs.
  std::shared_ptr<Place> place(const std::string& path);
  // Answers in the order of places; returns when all have one or patience has passed.
  void ask(std::span<const std::shared_ptr<Place>> places, std::chrono::milliseconds patience, std::span<Answer> out);

  std::size_t hanging() const;  // calls that are not back
  std::size_t threads() const;

 private:
  struct Shared;
  static void work(const std::shared_ptr<Shared>& shared);
  void start_thread();

  std::shared_ptr<Shared> shared_;
};

}  // namespace tacho::sampler
