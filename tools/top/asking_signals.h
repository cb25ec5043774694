// Which signals a thread that asks has: while this lives, threads that are started have those of a crash alone, for the others are for
// the thread that draws. A crash must be seen where it happens: with its signal blocked the kernel ends the process without the handler that gives
// the terminal back (tools/top/screen.cc).
//
// Threads  the one that starts threads; its own mask is as before afterwards.
#pragma once

#include <pthread.h>
#include <signal.h>

namespace tacho::tools {

class AskingSignals {
 public:
  AskingSignals() {
    sigset_t blocked;
    ::sigfillset(&blocked);
    for (const int s : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS}) ::sigdelset(&blocked, s);
    ::pthread_sigmask(SIG_SETMASK, &blocked, &before_);
  }
  ~AskingSignals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  AskingSignals(const AskingSignals&) = delete;
  AskingSignals& operator=(const AskingSignals&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace tacho::tools
