// Reports of jobs that have ended, kept beside the window, which forgets them: STATE/jobs.
//
// Shape    a job has ended when no pod of it is known for kEndedMs; then the report of its last run is written as JSON and as text, and one
//          line is logged. Of the rest of the time `tacho job` makes reports from the window.
// Bounds   kReportsMax reports; the oldest goes.
// Threads  start(), stop(): the main thread; a thread of its own, tacho-jobs, a little nicer than others. look(): of the thread, and of tests.
// Errors   a folder or file that cannot be written: logged when it begins and when it ends; a report is tried again until it is written.
// Cost     every five seconds a walk over the identities in force; of a job that ends the report's.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "proto/base/clock.h"
#include "query/jobs/job_report.h"
#include "store/identity_view.h"

namespace tacho::tools {

struct JobArchiveOptions {
  std::string folder;
  const store::Queryable& window;
  store::TimelineSource timeline;
  query::JobOptions report;
};

// What is kept of a job, by the time of its end, the latest last.
struct ArchivedJob {
  std::string json_path, text_path;
};
std::vector<ArchivedJob> archived_jobs(const std::string& state, std::string_view name);

class JobArchive {
 public:
  static constexpr std::int64_t kEndedMs = 15'000;
  static constexpr std::size_t kReportsMax = 200;

  explicit JobArchive(JobArchiveOptions options) : options_(std::move(options)) {}
  ~JobArchive() { stop(); }

  void start();
  void stop();
  void look(TimeMs now);

 private:
  struct Known {
    TimeMs since = 0;  // of the first of its pods that is known
    TimeMs gone = 0;   // 0: it is there
  };

  Result<void> keep(const query::JobOwner& owner, const Known& known, TimeMs now);
  void drop_oldest() const;
  void run();

  const JobArchiveOptions options_;
  std::map<query::JobOwner, Known> jobs_;
  bool failing_ = false;

  std::mutex mutex_;  // guards stopping_
  bool stopping_ = false;
  std::condition_variable wake_;
  std::thread thread_;
};

}  // namespace tacho::tools
