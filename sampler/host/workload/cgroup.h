// What each pod, container, batch job and service uses: container_*, as cAdvisor and the kubelet name it.
//
// Source   SYSFS/fs/cgroup, version 2, version 1 or both (cgroup_files.h says which files). The agent needs the host's tree: in a
//          cgroup namespace of its own it sees itself alone.
// Labels   id is the cgroup's path, as cAdvisor has it; pod_uid and container_id are what the path says (cgroup_path.h). CPU time has
//          cpu="total", as in the kubelet; IO has device="/dev/NAME", without diskstats's excluded devices. Names of pods and images are
//          not in the path.
// Shown    every pod, container and Slurm job; the cgroups at the top (kubepods.slice, system.slice, ...), so that what is not a pod
//          has a sum; services one level below only on a machine that has had no container since the agent's start: beside pods they
//          would double the series, and on a machine without they are what there is.
// Bounds   the first `cgroups_max`, those shown already first, then containers, pods, jobs, others; and no more than half the files
//          that the process may have open. tacho_cgroups_left_out counts the others.
// Changes  folders are walked every `ticks_per_walk` ticks, at once when a cgroup has gone, and in version 2 when the kernel's count
//          of cgroups is another. A cgroup that has gone ends its series; those that stay keep their open files.
// Failures what of one cgroup cannot be read is absent, the others go on; container_scrape_error is then 1.
// Less     than cAdvisor: nothing that needs a look at every process (container_processes, file descriptors, network); no
//          container_start_time_seconds, for a folder's time is that of its inode's last coming into memory, not of the container's start;
//          no id="/", which is what node_* tells.
// Blocks   memory.stat and cpu.stat make the kernel gather its counts per CPU, for milliseconds where many cgroups change at once: this
//          source has its own thread.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sampler/catalogue.h"
#include "sampler/host/filter.h"
#include "sampler/host/workload/cgroup_files.h"
#include "sampler/host/workload/cgroup_path.h"
#include "sampler/host/workload/cgroup_tree.h"
#include "sampler/source.h"

namespace tacho::sampler {

enum class ShowServices { without_containers, always, never };

struct CgroupOptions {
  std::size_t cgroups_max = 512;
  ShowServices services = ShowServices::without_containers;
  unsigned ticks_per_walk = 5;
};

class CgroupSource : public Source {
 public:
  explicit CgroupSource(const Roots& roots, CgroupOptions options = {});

  std::string_view name() const override { return "cgroup"; }
  bool may_block() const override { return true; }
  Result<void> describe(store::Schema& schema) override;
  Result<Sampled> sample(Row& row) override;

 private:
  struct Device {
    std::uint32_t major = 0;
    std::uint32_t minor = 0;
    bool shown = false;
    std::array<std::size_t, 4> columns{};
  };
  struct Cgroup {
    std::string path;
    CgroupIdentity identity;
    CgroupFiles files;
    bool there = true;  // its last reading found files
    std::array<std::size_t, kCgroupFieldCount> columns{};
    std::vector<Device> devices{};  // in the order of its IO file
  };

  std::vector<std::string> choose();
  bool choice_changed();
  std::string device_label(const CgroupIo& io) const;
  void describe_cgroup(Cgroup& cgroup, SchemaBuilder& builder);
  static std::vector<Device>::const_iterator find_device(const Cgroup& cgroup, std::size_t hint, const CgroupIo& io);
  bool fill(const Cgroup& cgroup, bool walked, Row& row) const;

  std::string folder_;
  std::string device_folder_;
  CgroupOptions options_;
  Exclude device_exclude_;
  CgroupMounts mounts_;
  CgroupTree tree_;
  bool mounted_ = false;
  bool had_container_ = false;
  bool fresh_ = false;  // described, not yet sampled
  unsigned ticks_ = 0;
  std::string listing_;              // of the walk that the choice is from
  std::vector<std::string> chosen_;  // sorted; those of cgroups_ and the few that could not be read
  std::size_t left_out_ = 0;
  std::vector<std::unique_ptr<Cgroup>> cgroups_;
  std::size_t shown_column_ = kNoColumn;
  std::size_t left_out_column_ = kNoColumn;
  std::size_t error_column_ = kNoColumn;
  CgroupReading reading_;
  std::vector<char> buffer_;
};

}  // namespace tacho::sampler
