// All sources at work: one thread for those that never block, one thread each for those that can.
//
// Threads  "tacho-tick" owns the sources that never block, and watches the others; "tacho-NAME" each owns one that can. add() before start().
//          runners(), stuck(): any thread while the scheduler lives.
// Stop     stop() wakes all threads and joins them; a source that hangs is waited for (its thread cannot be ended), but never
//          longer than stop_wait; then it is left behind and reported.
// Cost     sleeping threads; a tick costs what its sources cost.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "sampler/source_runner.h"

namespace tacho::sampler {

class Scheduler {
 public:
  Scheduler(store::Store& store, const Clock& clock) : store_(store), clock_(clock) {}
  ~Scheduler();

  // interval_ms: 0 takes the source's own. Requires: not started.
  void add(std::unique_ptr<Source> source, std::int64_t interval_ms);
  void start();
  // Afterwards no row is written any more. False: a source hung and its thread was left behind; the process should end with
  // _exit, and the store must not be destroyed.
  bool stop();

  // Stable from start() on.
  const std::vector<std::shared_ptr<SourceRunner>>& runners() const { return runners_; }
  const Clock& clock() const { return clock_; }

 private:
  struct Shared;
  void start_thread(std::string name, std::vector<std::shared_ptr<SourceRunner>> runners,
                    std::vector<std::shared_ptr<SourceRunner>> watched);

  store::Store& store_;
  const Clock& clock_;
  std::vector<std::shared_ptr<SourceRunner>> runners_;
  std::shared_ptr<Shared> shared_;
  std::vector<std::thread> threads_;
};

}  // namespace tacho::sampler
