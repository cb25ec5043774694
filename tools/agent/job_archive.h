// Reports of jobs that have ended, kept beside the window, which forgets them: STATE/jobs.
//
// Shape    a job has ended when no pod of it is known for kEndedMs; then the report of each of its runs that is not kept yet is written as
//          JSON and as text, and a line is logged. What ended while no agent ran is found at the next one's start, if not too long ago.
//          Of the rest of the time `tacho job` makes reports from the window.
// Bounds   kReportsMax reports; the oldest goes. A report that fails is tried again after kAgainMs.
// Threads  start(), stop(): the main thread; a thread of its own, tacho-jobs, a little nicer than others. look(): of the thread, and of tests.
// Errors   a folder or file that cannot be written: logged when it begins and when it ends; a report is tried again until it is written.
// Cost     every five seconds a walk over the identities in force; of a job that ends the report's.
#pragma once

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "proto/base/clock.h"
#include "query/jobs/job_report.h"
#include "store/identity/view.h"

namespace tacho::tools {

struct JobArchiveOptions {
  std::string folder;
  const store::Queryable& window;
  store::TimelineSource timeline;
  query::JobOptions report;
};

// What is kept of a job ("train-7" or "team-a/train-7"), by the time of its end, the latest last.
struct ArchivedJob {
  std::string json_path, text_path;
};
std::vector<ArchivedJob> archived_jobs(const std::string& state, std::string_view name);

class JobArchive {
 public:
  static constexpr std::int64_t kEndedMs = 15'000, kAgainMs = 300'000;
  static constexpr std::int64_t kLookBackMs = 6 * 3'600'000;  // at the start, for what has ended meanwhile
  static constexpr std::size_t kReportsMax = 200;

  explicit JobArchive(JobArchiveOptions options) : options_(std::move(options)) { options_.report.stop = &stopping_; }
  ~JobArchive() { stop(); }

  void start();
  void stop();
  void look(TimeMs now);

 private:
  struct Known {
    TimeMs since = 0;       // of the first of its pods that is known
    TimeMs gone = 0;        // 0: it is there
    TimeMs again = 0;       // not before that
    bool may_hold = false;  // something of it is about devices: else there is nothing to report
  };

  void see(const store::IdentityTimeline& timeline, TimeMs now);
  Result<void> keep(const query::JobOwner& owner, const Known& known, TimeMs now);
  Result<void> write(const query::JobReport& report, const query::JobRun& run) const;
  void drop_oldest() const;
  void run();

  JobArchiveOptions options_;
  bool looked_ = false;
  std::map<query::JobOwner, Known> jobs_;
  bool failing_ = false;

  std::mutex mutex_;
  std::atomic<bool> stopping_{false};  // set under the mutex, for wake_; a report that is being made reads it
  std::condition_variable wake_;
  std::thread thread_;
};

}  // namespace tacho::tools
