// What jobs used of a node: devices, energy, stalls, errors, each second counted to whose it was.
//
// Shape    a job is what the series' identity labels name (JobOwner); a run of it is a set of pods that were there at overlapping times
//          (by more than two seconds), so that a retry is another run. What nobody held is a report of its own: runs and it add up to the devices exactly.
//          A step from one sample of a series to the next counts to whoever the later one belongs to: a counter's growth, and the time
//          between, where that is no gap (kJobGapMs).
// Units    TimeMs; seconds, joules, bytes, ratios.
// Errors   the store's; a time-out.
// Threads  const use of the store; any thread.
// Cost     reads the rows of the accelerators and of pods' cgroups, an hour at a time: memory does not grow with the range.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "query/jobs/device_use.h"
#include "query/jobs/job_owner.h"
#include "store/queryable.h"

namespace tacho::query {

// Longer than this between two rows is time that nobody saw, unless a series' rows are so far apart by rule.
inline constexpr std::int64_t kJobGapMs = 90'000;

inline constexpr std::size_t kJobSamplesMax = 4'000'000;  // enough at a time

struct JobOptions {
  // Whether a label says whose a series is, and not what it is.
  std::function<bool(std::string_view)> is_identity;
  store::SelectLimits limits;               // of what is read at a time
  TimeMs now = 0;                           // jobs whose rows end near it are running; 0: not known, none is
  std::int64_t timeout_ms = 0;              // 0: none
  const std::atomic<bool>* stop = nullptr;  // raised by another thread: ends the report with an error
  // A device that is less busy than this for a second has stalled.
  double stalled_below = 0.05;
};

// Vendor, index and partition are known of every row; the rest of most.
struct DeviceName {
  std::string vendor, index, partition;
  auto operator<=>(const DeviceName&) const = default;
};

struct DeviceReport {
  DeviceName name;
  std::string uuid, model;
  DeviceUse use;
};

struct PodReport {
  Labels labels;  // identity labels that it had all the time
  TimeMs begin = 0, end = 0;
};

// What a pod's cgroups used; absent where they were not read.
struct HostUse {
  std::optional<ExactSum> cpu_seconds;
  std::optional<double> memory_max_bytes;
  std::optional<ExactSum> oom_kills;

  void add(const HostUse& other);
};

struct JobRun {
  JobOwner owner;
  std::size_t run = 1, runs = 1;  // of how many in the range
  TimeMs begin = 0, end = 0;      // of its first row and its last
  bool from_start = false;        // it may have begun before the range
  bool running = false;           // its last row is as of now
  std::vector<PodReport> pods;
  std::vector<DeviceReport> devices;
  // A card of which a part is counted, too, is in it with energy, power, memory and errors, but not with time.
  DeviceUse devices_sum;
  HostUse host;

  // The device that was least busy while the others waited for it, or worked: index into devices; absent of fewer than two that can be
  // compared.
  std::optional<std::size_t> slowest_device() const;
};

struct JobReport {
  store::TimeRange range;
  std::vector<JobRun> runs;           // by begin
  std::vector<DeviceReport> nobodys;  // what no job held
  std::vector<DeviceReport> devices;  // all of each device
};

// Requires: a range of the store.
tacho::Result<JobReport> make_job_report(const store::Queryable& store, store::TimeRange range, const JobOptions& options);

}  // namespace tacho::query
