// The books of a job report: rows go in, series by series in order of time, and each step of a series is entered under whoever its later
// sample belongs to.
//
// Shape    a holder is a pod (or whatever identity labels tell apart), or nobody; it has an account a device.
// Threads  one.   Cost  a look-up a stretch, some additions a sample. Memory: an entry a series, a holder and device.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "query/jobs/job_report.h"

namespace tacho::query {

struct JobHolder {
  Labels labels;  // identity labels, those that it had all the time
  JobOwner owner;
  TimeMs begin = 0, end = 0;
  bool seen = false;
  std::map<DeviceName, DeviceUse> devices;
  HostUse pod, containers;  // of the pod's own cgroup, and of its containers'
};

class JobLedger {
 public:
  // Entries are of rows from `begin` on; earlier ones are where the first steps start.
  JobLedger(const JobOptions& options, TimeMs begin);

  // The metrics that are entered.
  static store::Matcher matcher();
  // A slice of time; slices follow each other.
  void enter(const store::Selection& selection);

  const std::map<std::string, JobHolder>& holders() const { return holders_; }  // by pod key; "": nobody
  const std::map<DeviceName, Labels>& devices() const { return devices_; }      // with the labels that describe them

 private:
  struct Series;
  struct Last {
    TimeMs t = 0;
    double v = 0;
    std::int64_t step = 0;  // ms to it from the one before
  };
  // One step of a series: of `ms`, 0 where it is a gap.
  struct Step {
    TimeMs t;
    std::int64_t ms;
    double before, v;
    JobHolder* holder;
  };

  bool is_identity(std::string_view label);
  JobHolder& holder_of(const Labels& identity);
  void enter_series(const Series& series);
  template <class Entry>
  void each_step(const Series& series, Entry entry);
  void enter_device(const Series& series);
  void enter_pod(const Series& series);
  void enter_throttled();

  const JobOptions& options_;
  const TimeMs begin_;
  std::map<std::string, JobHolder> holders_;
  std::map<DeviceName, Labels> devices_;
  std::map<std::string, Last> last_;                      // of each series, by its own labels
  std::map<std::string, bool, std::less<>> is_identity_;  // labels that were asked about
  struct Throttled {
    std::int64_t ms;
    JobHolder* holder;
  };
  std::map<DeviceName, std::map<TimeMs, Throttled>> throttled_;  // of the slice: several reasons at one time count once
};

}  // namespace tacho::query
