#include "sampler/isolation/starter.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstring>
#include <optional>
#include <thread>
#include <vector>

#include "proto/base/check.h"

namespace tacho::sampler {
namespace {

// Nobody else sends it: what ends a service sends SIGTERM to all its processes.
constexpr int kParentDied = SIGUSR1;

// For an answer of the starter, which waits kEndWaitMs for a child.
constexpr int kPatienceMs = 2000;

enum class Wanted : std::uint32_t { start = 1, ending = 2 };
struct Order {
  Wanted wanted = Wanted::start;
  std::uint32_t child = 0;
};
struct Report {
  std::int32_t pid = 0;     // start: of the new process; 0: there is none
  std::int32_t error = 0;   // start: errno
  std::int32_t ended = 0;   // ending: whether it has
  std::int32_t status = 0;  // ending: as waitpid() has it
};

volatile sig_atomic_t parent_died = 0;

void wake(int signal) {
  if (signal == kParentDied) parent_died = 1;
}

void sleep_ms(int ms) {
  const timespec t{.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1'000'000L};
  ::nanosleep(&t, nullptr);
}

std::int64_t now_ms() {
  timespec t{};
  ::clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000 + t.tv_nsec / 1'000'000;
}

sigset_t set_of(std::initializer_list<int> signals) {
  sigset_t set;
  sigemptyset(&set);
  for (const int s : signals) sigaddset(&set, s);
  return set;
}

// The starter's own side.
class Starter {
 public:
  Starter(Socket socket, std::size_t children, const ChildStarter::Work& work)
      : socket_(std::move(socket)), children_(children), work_(work) {}

  // In the new process; returns when the agent is gone.
  void run(pid_t agent) {
    ::prctl(PR_SET_NAME, "tacho-starter");
    ::prctl(PR_SET_PDEATHSIG, kParentDied);
    const sigset_t blocked = set_of({SIGINT, SIGTERM, SIGHUP, SIGCHLD, kParentDied});
    sigset_t awake;
    ::pthread_sigmask(SIG_BLOCK, &blocked, &awake);
    for (const int s : {SIGCHLD, kParentDied}) {
      struct sigaction action{};
      action.sa_handler = wake;
      ::sigaction(s, &action, nullptr);
      sigdelset(&awake, s);
    }
    for (const int s : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&awake, s);
    while (!parent_died && ::getppid() == agent) {
      reap();
      pollfd fd{.fd = socket_.fd(), .events = POLLIN, .revents = 0};
      if (::ppoll(&fd, 1, nullptr, &awake) > 0 && !obey()) break;
    }
    for (int waited = 0; any_runs() && waited < ChildStarter::kGraceMs; waited += 10) {
      sleep_ms(10);
      reap();
    }
  }

 private:
  struct Child {
    pid_t pid = 0;  // 0: none
    std::optional<int> status;
    std::optional<std::int64_t> unwanted_since;  // ms; when another was wanted in its place
  };

  void reap() {
    int status = 0;
    while (const pid_t pid = ::waitpid(-1, &status, WNOHANG)) {
      if (pid < 0) return;
      for (Child& c : children_) {
        if (c.pid == pid) c = {.pid = 0, .status = status, .unwanted_since = {}};
      }
    }
  }
  bool any_runs() const {
    for (const Child& c : children_) {
      if (c.pid != 0) return true;
    }
    return false;
  }
  void wait_for(const Child& child) {
    for (int waited = 0; child.pid != 0 && waited < ChildStarter::kEndWaitMs; ++waited) {
      sleep_ms(1);
      reap();
    }
  }

  // False: the agent is gone.
  bool obey() {
    Order order;
    iovec part{&order, sizeof order};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * ChildStarter::kSocketsMax)> control{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t got = ::recvmsg(socket_.fd(), &message, MSG_CMSG_CLOEXEC);
    if (got < 0) return errno == EINTR;
    if (got == 0) return false;
    std::vector<Socket> sockets;
    for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
      if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
      for (std::size_t at = 0; at + sizeof(int) <= c->cmsg_len - CMSG_LEN(0); at += sizeof(int)) {
        int fd = -1;
        std::memcpy(&fd, CMSG_DATA(c) + at, sizeof fd);
        sockets.emplace_back(Fd(fd));
      }
    }
    TACHO_CHECK(static_cast<std::size_t>(got) == sizeof order && order.child < children_.size());
    Child& child = children_[order.child];
    Report report;
    if (order.wanted == Wanted::start) {
      start(child, std::move(sockets), report);
    } else {
      wait_for(child);
      report.ended = child.pid == 0;
      report.status = child.status.value_or(0);
    }
    return socket_.send(bytes_of(report));
  }

  void start(Child& child, std::vector<Socket> sockets, Report& report) {
    wait_for(child);
    if (child.pid != 0) {
      // The agent has no use for it any more, so nobody has; but a process that is killed within its driver's calls has left cards in
      // need of a reset. Its sockets are closed: it ends by itself when its calls return.
      if (!child.unwanted_since) child.unwanted_since = now_ms();
      if (now_ms() - *child.unwanted_since >= ChildStarter::kGraceMs) {
        ::kill(child.pid, SIGKILL);
        wait_for(child);
      }
    }
    if (child.pid != 0) {
      report.error = EBUSY;
      return;
    }
    const pid_t self = ::getpid();
    const pid_t pid = ::fork();
    if (pid == 0) become_child(self, static_cast<std::size_t>(&child - children_.data()), std::move(sockets));
    if (pid < 0) {
      report.error = errno;
      return;
    }
    child = {.pid = pid, .status = std::nullopt, .unwanted_since = {}};
    report.pid = pid;
  }

  [[noreturn]] void become_child(pid_t starter, std::size_t number, std::vector<Socket> sockets) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != starter) ::_exit(0);
    socket_ = Socket(Fd());
    for (const int s : {SIGCHLD, kParentDied}) ::signal(s, SIG_DFL);
    const sigset_t mine = set_of({SIGCHLD, kParentDied});
    ::pthread_sigmask(SIG_UNBLOCK, &mine, nullptr);
    work_(number, std::move(sockets));
    ::_exit(0);
  }

  Socket socket_;
  std::vector<Child> children_;
  const ChildStarter::Work& work_;
};

std::string text_of(int status) {
  if (WIFSIGNALED(status)) {
    const int signal = WTERMSIG(status);
    const char* name = ::sigabbrev_np(signal);
    return fmt::format("was ended by SIG{} ({})", name ? name : std::to_string(signal), ::strsignal(signal));
  }
  return fmt::format("ended by itself with code {}", WEXITSTATUS(status));
}

}  // namespace

Result<std::shared_ptr<ChildStarter>> ChildStarter::create(std::size_t children, Work work) {
  auto sockets = Socket::pair();
  if (!sockets) return std::unexpected(sockets.error());
  const pid_t agent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return sys_failure(errno, "no process can be started");
  if (pid == 0) {
    sockets->first = Socket(Fd());
    Starter(std::move(sockets->second), children, work).run(agent);
    ::_exit(0);
  }
  sockets->first.wait_at_most(kPatienceMs);
  return std::shared_ptr<ChildStarter>(new ChildStarter(pid, std::move(sockets->first)));
}

ChildStarter::~ChildStarter() {
  socket_.shut();
  // Its children have seen their sockets closed before. What still hangs is not waited for: nobody is left to be its parent then but init.
  for (int waited = 0; ::waitpid(pid_, nullptr, WNOHANG) == 0 && waited < 100; ++waited) sleep_ms(10);
}

// A starter that does not answer is as good as gone: a late report would be taken for the next one's.
bool ChildStarter::hear(std::span<std::byte> report) {
  if (socket_.receive(report) == report.size()) return true;
  gone_ = true;
  socket_.shut();
  return false;
}

Result<pid_t> ChildStarter::start(std::size_t child, std::span<const Socket> sockets) {
  TACHO_CHECK(sockets.size() <= kSocketsMax);
  Order order{.wanted = Wanted::start, .child = static_cast<std::uint32_t>(child)};
  iovec part{&order, sizeof order};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * kSocketsMax)> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = CMSG_SPACE(sizeof(int) * sockets.size());
  cmsghdr* c = CMSG_FIRSTHDR(&message);
  c->cmsg_level = SOL_SOCKET;
  c->cmsg_type = SCM_RIGHTS;
  c->cmsg_len = CMSG_LEN(sizeof(int) * sockets.size());
  for (std::size_t i = 0; i < sockets.size(); ++i) {
    const int fd = sockets[i].fd();
    std::memcpy(CMSG_DATA(c) + i * sizeof fd, &fd, sizeof fd);
  }
  Report report;
  const std::lock_guard lock(mutex_);
  if (gone_ || ::sendmsg(socket_.fd(), &message, MSG_NOSIGNAL) < 0 || !hear(std::as_writable_bytes(std::span(&report, 1))))
    return failure("the process that starts the accelerators' processes (pid {}) is gone; restart the agent", pid_);
  if (report.error == EBUSY)
    return failure("the process before it has not ended yet: it is in a call of its library, or hangs in the kernel");
  if (report.error != 0) return sys_failure(report.error, "no process can be started");
  return report.pid;
}

std::string ChildStarter::how_it_ended(std::size_t child) {
  const Order order{.wanted = Wanted::ending, .child = static_cast<std::uint32_t>(child)};
  Report report;
  const std::lock_guard lock(mutex_);
  if (gone_ || !socket_.send(bytes_of(order)) || !hear(std::as_writable_bytes(std::span(&report, 1))))
    return "is gone, and with it the process that started it";
  return report.ended ? text_of(report.status) : "does not answer and has not ended";
}

}  // namespace tacho::sampler
