#include "sampler/scheduler.h"

#include <pthread.h>

#include <algorithm>
#include <chrono>

#include "proto/base/check.h"
#include "proto/base/log.h"
#include "sampler/short_latency.h"

namespace tacho::sampler {
namespace {

// After the wall clock stepped a tick may be due earlier than it was when the wait began.
constexpr std::int64_t kWaitMaxNs = 10 * kNsPerSecond;
constexpr auto kStopWait = std::chrono::seconds(3);
// Of that, until sources that can give up a call are asked to.
constexpr auto kPatience = std::chrono::seconds(1);

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
    const auto all_ended = [&] { return shared_->running == 0; };
    ended = shared_->changed.wait_for(lock, kPatience, all_ended);
    if (!ended) {
      for (const auto& r : runners_) r->give_up();
      ended = shared_->changed.wait_for(lock, kStopWait - kPatience, all_ended);
    }
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
