#include "sampler/isolation/last_words.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <cstring>

#include "sampler/call_mark.h"
#include "sampler/isolation/message.h"

namespace tacho::sampler {
namespace {

constexpr int kSignals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS, SIGTRAP};
constexpr std::size_t kStackBytes = 64u << 10;

thread_local int own_socket = -1;
thread_local std::uint64_t own_question = 0;

// Async-signal-safe: stores, strlen, sendmsg.
void speak(int signal) {
  if (own_socket >= 0) {
    const CallMark& mark = call_mark;
    const char* what = mark.function && mark.name ? mark.name(mark.library, mark.function) : "";
    AnswerHead head{.answered = Answered::crashed, .number = own_question, .signal = signal};
    head.count = static_cast<std::uint32_t>(::strnlen(what, kMessageTextMax));
    iovec parts[2] = {{&head, sizeof head}, {const_cast<char*>(what), head.count}};
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = 2;
    ::sendmsg(own_socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  }
  // Blocked until this returns, and deadly then, with the registers as they were.
  ::signal(signal, SIG_DFL);
  ::raise(signal);
}

}  // namespace

void speak_when_dying() {
  struct sigaction action{};
  action.sa_handler = speak;
  action.sa_flags = SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  for (const int signal : kSignals) ::sigaction(signal, &action, nullptr);
}

LastWords::LastWords(int socket) : stack_(std::make_unique<unsigned char[]>(kStackBytes)) {
  const stack_t stack{.ss_sp = stack_.get(), .ss_flags = 0, .ss_size = kStackBytes};
  ::sigaltstack(&stack, nullptr);
  own_socket = socket;
}

LastWords::~LastWords() {
  own_socket = -1;
  const stack_t none{.ss_sp = nullptr, .ss_flags = SS_DISABLE, .ss_size = 0};
  ::sigaltstack(&none, nullptr);
}

void LastWords::answering(std::uint64_t question) { own_question = question; }

}  // namespace tacho::sampler
