// A process that starts processes: forked off while the agent has one thread and nothing open, it forks a child whenever it is asked to.
//
// Why      The agent has threads, so it cannot fork without exec; and a child that is begun by exec would have to be told its sources,
//          and could find the devices in another order than the agent did. What is forked here has the very sources that the agent made.
// Memory   A child shares with the agent what neither has written since the start.
// Signals  SIGINT, SIGTERM and SIGHUP are blocked here and in the children: what ends an agent's whole group leaves them to the agent, which
//          finishes its rows first.
// Life     ends when the agent is gone, however that went, after its children: they see their sockets closed, and have kGraceMs to come
//          back from a library's call; then they are killed. One that hangs in the kernel stays until that lets it go; nobody
//          waits for it. A child dies with its starter (PR_SET_PDEATHSIG).
// Zombies  none: children are reaped here as they end, the starter by its owner.
// Threads  start(), how_it_ended(): any; a mutex is held for the exchange, which takes milliseconds.
// Errors   start(): the starter is gone, the system has no room for a process, or the one before it has not ended: it has kGraceMs from the
//          first such start(), then it is killed.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>

#include "sampler/isolation/socket.h"

namespace tacho::sampler {

class ChildStarter {
 public:
  // What a child does; it ends when this returns. `sockets` are those that start() was given.
  using Work = std::function<void(std::size_t child, std::vector<Socket> sockets)>;

  // Requires: the process has no other thread. `children`: how many there can be, of one number one at a time.
  static Result<std::shared_ptr<ChildStarter>> create(std::size_t children, Work work);
  ~ChildStarter();
  ChildStarter(const ChildStarter&) = delete;
  ChildStarter& operator=(const ChildStarter&) = delete;

  // The sockets go to the child; the caller's own may be closed afterwards.
  Result<pid_t> start(std::size_t child, std::span<const Socket> sockets);
  // "was ended by SIGSEGV (Segmentation fault)": of the child's last process. Waits kEndWaitMs for one that is about to end.
  std::string how_it_ended(std::size_t child);

  static constexpr std::size_t kSocketsMax = 8;
  static constexpr int kGraceMs = 3000;
  static constexpr int kEndWaitMs = 200;

 private:
  ChildStarter(pid_t pid, Socket socket) : pid_(pid), socket_(std::move(socket)) {}

  // The answer to an order; false: there is none, and will be none.
  bool hear(std::span<std::byte> report);

  const pid_t pid_;
  std::mutex mutex_;  // guards the exchange, and gone_
  bool gone_ = false;
  Socket socket_;
};

}  // namespace tacho::sampler
