// The agent's identities: producers asked once a second, what they tell kept in the log, and the timeline for the views.
//
// Threads  open(), start(), stop(): the main thread. The producers run in open() and then on one thread, tacho-identity, which may wait
//          for them as long as it takes: nothing else does. timeline(), the gauges: any.
// Errors   open(): the log's folder. Later the log's errors are logged when they begin and when they end; what was told counts all the
//          same, and is written when that works again.
// Clock    where it steps back, or stood ahead in the agent's last life, all that is in force is told once more from the new time on.
// Stop     stop() waits for the producer that is being asked, and then stops all of them.
#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "proto/base/clock.h"
#include "proto/base/error.h"
#include "sampler/identity/producer.h"
#include "sampler/self_source.h"
#include "store/identity/log.h"
#include "store/identity/view.h"

namespace tacho::tools {

// Of a node's storage, what its identities' log may take: a 64th, from 2 to 32 MiB.
inline std::uint64_t identity_log_bytes(std::uint64_t storage_budget) {
  return std::clamp<std::uint64_t>(storage_budget / 64, 2u << 20, 32u << 20);
}

using IdentityProducers = std::vector<std::unique_ptr<sampler::IdentityProducer>>;

struct IdentityOptions {
  std::string folder;  // of the log: the state folder
  std::uint64_t bytes_max = store::IdentityLogOptions{}.bytes_max;
  std::function<TimeMs()> oldest;  // the time of the window's oldest sample; from the producers' thread, when the log grows
};

class Identities {
 public:
  // Less than this the clock is set right by, and does not step.
  static constexpr std::int64_t kStepMs = 1000;

  // Asks every producer once: before the first sample it is known whose it will be.
  static Result<std::unique_ptr<Identities>> open(IdentityOptions options, IdentityProducers producers, const Clock& clock);
  ~Identities() { stop(); }

  void start();
  // False: a producer has left a thread behind, and the process must end with _exit.
  bool stop();
  // The source must not be used when this is gone.
  store::TimelineSource timeline() const;
  // tacho_identity_*. They must not outlive this.
  void add_gauges(std::vector<sampler::SelfGauge>& out) const;

  // Asks once; of the thread, and of tests that have not started it.
  void poll();

 private:
  Identities(IdentityOptions options, IdentityProducers producers, const Clock& clock)
      : options_(std::move(options)), producers_(std::move(producers)), clock_(clock) {}
  void first_poll();
  std::vector<store::Identity> told_again(TimeMs now) const;
  void keep(const std::vector<store::Identity>& told);
  void run();

  const IdentityOptions options_;
  const IdentityProducers producers_;
  const Clock& clock_;
  std::unique_ptr<store::IdentityLog> log_;
  bool failing_ = false;
  TimeMs polled_ = 0;  // the last time
  // By the thread that polls, relaxed: each stands alone.
  std::atomic<std::uint64_t> write_failures_{0};
  std::atomic<double> poll_seconds_{0};

  std::mutex mutex_;  // guards stopping_
  bool stopping_ = false;
  std::condition_variable wake_;
  std::thread thread_;
};

}  // namespace tacho::tools
