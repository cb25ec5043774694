// A child that dies of a signal says so before: which signal, in what.
//
// Handled  SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS, SIGTRAP, on a stack of its own; then the signal does what it does without a handler (a
//          core dump, where the system keeps them).
// Threads  speak_when_dying() once a process; each thread that answers questions has LastWords of its own. Threads of the library's die
//          silently: the process that started the child knows the signal (starter.h).
#pragma once

#include <cstdint>
#include <memory>

namespace tacho::sampler {

// For the whole process.
void speak_when_dying();

class LastWords {
 public:
  // `socket` stays the caller's and outlives this.
  explicit LastWords(int socket);
  ~LastWords();
  LastWords(const LastWords&) = delete;
  LastWords& operator=(const LastWords&) = delete;

  // What the thread has been asked.
  void answering(std::uint64_t question);

 private:
  std::unique_ptr<unsigned char[]> stack_;
};

}  // namespace tacho::sampler
