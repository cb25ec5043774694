// A device's child as the agent sees it: started when it is needed, found dead, started again.
//
// Lives    Each process is a life, counted from 1. What a source has described belongs to the life it was described in.
// Restart  At once after the first end, then after 2, 4, 8, ... 60 s; a life of a minute makes the next end a first one again.
// Counters of a device that the agent itself keeps (errors seen, readings summed up) begin anew with a life, as a counter of a program does that
//          was restarted.
// Threads  link(), lost(), used(): the threads of the device's sources. give_up(): any. The numbers: any, relaxed: each stands alone.
// Errors   link(): why there is no process now.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "proto/base/clock.h"
#include "sampler/isolation/message.h"
#include "sampler/isolation/socket.h"
#include "sampler/isolation/starter.h"

namespace tacho::sampler {

class Child {
 public:
  // The starter's `number`-th, with so many sources.
  Child(std::shared_ptr<ChildStarter> starter, std::size_t number, std::string name, std::size_t sources,
        const Clock& clock = system_clock());
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  struct Link {
    std::shared_ptr<const Socket> socket;
    std::uint64_t life = 0;
  };
  // To the process there is; starts one if there is none and it is time.
  Result<Link> link(std::size_t source);
  // The life is over, as `what` says ("" when nothing is known but that it is gone). Returns what to say of it. Another thread may
  // have found it before; a life that is over already stays so.
  Error lost(std::uint64_t life, const std::string& what);
  // An answer's account of what the process uses.
  void used(const AnswerHead& head);
  // The agent ends: threads that wait for an answer get none, and there is no new life.
  void give_up();

  const std::string& name() const { return name_; }
  bool runs() const { return runs_.load(std::memory_order_relaxed); }
  // Processes there have been, with the one that runs.
  std::uint64_t lives() const { return lives_.load(std::memory_order_relaxed); }
  std::uint64_t cpu_ns() const { return cpu_ns_.load(std::memory_order_relaxed); }
  std::uint64_t resident_bytes() const { return resident_bytes_.load(std::memory_order_relaxed); }

 private:
  static constexpr std::int64_t kLongLifeNs = 60 * kNsPerSecond;
  static constexpr std::int64_t kWaitMaxNs = 60 * kNsPerSecond;

  Result<void> begin_life();
  void end_life();
  std::int64_t wait_ns() const;

  const std::shared_ptr<ChildStarter> starter_;
  const std::size_t number_;
  const std::string name_;
  const std::size_t sources_;
  const Clock& clock_;

  std::mutex mutex_;  // guards what follows; held while a process is started or its end is asked for
  std::vector<std::shared_ptr<const Socket>> sockets_;  // of the life that is; empty: there is none
  std::uint64_t life_ = 0;
  pid_t pid_ = 0;
  MonoNs begun_{0};
  MonoNs retry_at_{0};
  int ends_ = 0;       // in a row, after short lives
  std::string ended_;  // how the last life did
  Error why_;          // there is none
  bool given_up_ = false;

  // Writers: the sources' threads. Readers: the tick thread.
  std::atomic<bool> runs_{false};
  std::atomic<std::uint64_t> lives_{0}, cpu_ns_{0}, resident_bytes_{0};
};

}  // namespace tacho::sampler
