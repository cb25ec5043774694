#include "sampler/scheduler.h"

#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "proto/base/check.h"
#include "proto/base/log.h"

namespace tacho::sampler {
namespace {

// struct sched_attr, first version (sched_setattr(2)); the kernel's own header clashes with libc's.
struct SchedAttr {
  std::uint32_t size = sizeof(SchedAttr);
  std::uint32_t policy = SCHED_OTHER;
  std::uint64_t flags = 0;
  std::int32_t nice = 0;
  std::uint32_t priority = 0;
  std::uint64_t runtime_ns = 0;
  std::uint64_t deadline_ns = 0;
  std::uint64_t period_ns = 0;
};
static_assert(sizeof(SchedAttr) == 48);

// After the wall clock stepped a tick may be due earlier than it was when the wait began.
constexpr std::int64_t kWaitMaxNs = 10 * kNsPerSecond;
constexpr auto kStopWait = std::chrono::seconds(3);

// A sampling thread sleeps almost always and must wake up on the dot: the least timer slack, and a short slice, which is how
// the kernel's EEVDF scheduler (6.12 and later) lets a light thread run early among busy ones. Neither needs privileges;
// where a kernel does not know them, things stay as they are.
void prefer_short_latency() {
  ::prctl(PR_SET_TIMERSLACK, 1UL);
  SchedAttr attr;
  attr.nice = ::getpriority(PRIO_PROCESS, 0);
  attr.runtime_ns = 100'000;  // the shortest slice there is
  ::syscall(SYS_sched_setattr, 0, &attr, 0U);
}

}  // namespace

// What the threads share with stop(); kept alive by a thread that had to be left behind.
struct Scheduler::Shared {
  std::mutex mutex;  // guards the two below
  bool stopping = false;
  std::size_t running = 0;
  std::condition_variable changed;
};

Scheduler::~Scheduler() { stop(); }

void Scheduler::add(std::unique_ptr<Source> source, std::int64_t interval_ms) {
  TACHO_CHECK(!shared_, "sources are added before start()");
  auto group = store_.group(std::string(source->name()), interval_ms);
  runners_.push_back(std::make_shared<SourceRunner>(std::move(source), std::move(group), interval_ms, clock_));
}

void Scheduler::start() {
  TACHO_CHECK(!shared_);
  shared_ = std::make_shared<Shared>();
  std::vector<std::shared_ptr<SourceRunner>> never_blocking;
  std::vector<std::shared_ptr<SourceRunner>> blocking;
  for (const auto& runner : runners_) {
    if (runner->source().may_block()) {
      start_thread("tacho-" + std::string(runner->source().name()), {runner}, {});
      blocking.push_back(runner);
    } else {
      never_blocking.push_back(runner);
    }
  }
  if (!never_blocking.empty()) start_thread("tacho-tick", std::move(never_blocking), std::move(blocking));
}

void Scheduler::start_thread(std::string name, std::vector<std::shared_ptr<SourceRunner>> runners,
                             std::vector<std::shared_ptr<SourceRunner>> watched) {
  ++shared_->running;
  threads_.emplace_back(
      [shared = shared_, name = name.substr(0, 15), runners = std::move(runners), watched = std::move(watched)] {
        ::pthread_setname_np(::pthread_self(), name.c_str());
        prefer_short_latency();
        for (const auto& r : runners) r->start();
        std::unique_lock lock(shared->mutex);
        while (!shared->stopping) {
          lock.unlock();
          std::int64_t wait = kWaitMaxNs;
          for (const auto& r : runners) wait = std::min(wait, r->wait_ns());
          const auto until = std::chrono::steady_clock::now() + std::chrono::nanoseconds(wait);
          lock.lock();
          if (shared->changed.wait_until(lock, until, [&] { return shared->stopping; })) break;
          lock.unlock();
          for (const auto& r : runners) r->tick();
          for (const auto& r : watched) r->watch();
          lock.lock();
        }
        --shared->running;
        shared->changed.notify_all();
      });
}

bool Scheduler::stop() {
  if (!shared_) return true;
  bool ended = false;
  {
    std::unique_lock lock(shared_->mutex);
    shared_->stopping = true;
    shared_->changed.notify_all();
    ended = shared_->changed.wait_for(lock, kStopWait, [&] { return shared_->running == 0; });
  }
  for (std::thread& t : threads_) ended ? t.join() : t.detach();
  threads_.clear();
  if (!ended) {
    for (const auto& r : runners_) {
      if (r->stuck(clock_.mono())) log_warn("source {} hangs; its thread is left behind", r->source().name());
    }
  }
  shared_.reset();
  return ended;
}

}  // namespace tacho::sampler
