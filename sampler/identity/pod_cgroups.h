// Which pods and batch jobs have cgroups, and whether anybody is in them: how a pod's end is seen within a second, and in which pod a
// process is.
//
// Shape    look() walks the tree, and looks into the cgroups of each pod. A pod that had a cgroup and has none, or one without processes,
//          is gone; one that never had any (an agent that sees only its own cgroups) is not known here at all.
// Version  1 and 2, drivers of systemd and cgroupfs (sampler/host/workload/cgroup_tree.h, cgroup_path.h).
// Cost     in version 2 a read of the kernel's count and one of cgroup.events a pod; the tree is walked when the count changed, else
//          each kLooksPerWalk looks. In version 1, which has no such count, a walk each time.
// Threads  one.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/base/clock.h"
#include "sampler/host/workload/cgroup_path.h"
#include "sampler/host/workload/cgroup_tree.h"
#include "sampler/source.h"

namespace tacho::sampler {

class PodCgroups {
 public:
  static constexpr unsigned kLooksPerWalk = 5;

  explicit PodCgroups(const Roots& roots) : folder_(roots.sysfs + "/fs/cgroup") {}

  // True: a pod came or went since the last look, or a container of one.
  bool look(TimeMs now);

  // When the pod's cgroup was seen to be empty or gone; nothing while it lives, and for pods that never had one here.
  std::optional<TimeMs> gone(std::string_view uid) const;
  bool alive(std::string_view uid) const;

  struct Job {
    std::string path;  // as in the label `id`
    std::string job_id;
    TimeMs since = 0;  // of the last look that did not see it; else of the first
  };
  const std::vector<Job>& jobs() const { return jobs_; }

 private:
  struct PodState {
    std::vector<std::string> paths;  // of it and its containers, sorted
    std::optional<TimeMs> gone;
  };
  bool mount();
  void step_back(TimeMs now);
  // Whether pods or containers are others than at the last walk.
  bool walk(TimeMs now);
  bool is_populated(const PodState& pod) const;

  const std::string folder_;
  CgroupMounts mounts_;
  CgroupTree tree_;
  bool mounted_ = false;
  unsigned looks_ = 0;
  TimeMs last_walk_ = 0;
  TimeMs looked_ = 0;
  std::map<std::string, PodState, std::less<>> pods_;  // by uid, also those that went lately
  std::vector<Job> jobs_;
};

// In which pod, container or job a process is: PROCFS/PID/cgroup. Nothing: the process is gone, or in none of them.
std::optional<CgroupIdentity> process_cgroup(const std::string& procfs, std::uint32_t pid);
// When it was started, as far as the clock of `now` goes; nothing: it is gone. To a hundredth of a second, of the kernel's own.
std::optional<TimeMs> process_start(const std::string& procfs, std::uint32_t pid, TimeMs now);

}  // namespace tacho::sampler
