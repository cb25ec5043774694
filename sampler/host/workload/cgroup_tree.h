// Where cgroups are, and which there are.
//
// Shape    mounts: version 2 is one tree with all files; version 1 a tree a controller, which may be mounted together ("cpu,cpuacct");
//          hybrid is version 1 with a version 2 tree beside it ("unified"), which has only the pressure files.
//          A walk lists the cgroups that name a pod, a container or a job at any depth, and all others down to `other_depth`.
// Bounds   kDepthMax levels, kFoldersMax folders; what is beyond is not looked at and counted in left_out().
// Cost     a folder is one fstatat, and a listing where its count of links says that it has folders inside. Nothing is allocated
//          once the buffers have grown, so that looking again, and finding the same, is free of it.
// Errors   find_cgroup_mounts(): there is none. A walk: the root cannot be listed; what vanishes meanwhile is left out.
// Threads  one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "proto/base/error.h"
#include "proto/base/file.h"
#include "sampler/kernel_file.h"

namespace tacho::sampler {

struct CgroupMounts {
  std::string unified;  // version 2: everything there, or hybrid: pressure alone; "" where not mounted
  bool v2 = false;      // everything is in `unified`
  // Version 1, each "" where not mounted; the same where mounted together.
  std::string cpu;
  std::string cpuacct;
  std::string memory;
  std::string blkio;
  std::string pids;
};

// `folder`: SYSFS/fs/cgroup.
Result<CgroupMounts> find_cgroup_mounts(const std::string& folder);

class CgroupTree {
 public:
  static constexpr std::size_t kDepthMax = 12;
  static constexpr std::size_t kFoldersMax = 16384;

  CgroupTree() = default;
  // In version 1 a cgroup may be in one controller's tree and not in another's: those of memory and of CPU time are walked.
  CgroupTree(const CgroupMounts& mounts, std::size_t other_depth);

  Result<void> walk();
  // After walk(): what was found. One cgroup may be there twice, once from each tree. Changes with any cgroup that comes or goes.
  const std::string& listing() const { return listing_; }
  // The paths in it, sorted, each once. Views into listing().
  std::vector<std::string_view> paths() const;
  // Folders that the last walk did not look at.
  std::size_t left_out() const { return left_out_; }
  // True when the kernel's own count of cgroups is another than at the last call; version 2 alone has it at the price of one read.
  bool count_changed();

 private:
  bool walk_inside(const Fd& folder, std::size_t depth);
  void walk_folder(const Fd& parent, const char* name, std::size_t depth);

  std::vector<std::string> roots_;
  std::size_t other_depth_ = 0;
  KernelFile count_file_{""};
  std::string count_;
  std::string listing_;  // a path a line
  std::string path_;     // of the folder that is being walked
  std::string names_;    // of the folders still to walk, each with its ending zero
  std::size_t folders_ = 0;
  std::size_t left_out_ = 0;
};

}  // namespace tacho::sampler
