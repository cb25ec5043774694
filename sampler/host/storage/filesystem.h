// File systems: node_filesystem_*, one set a mount.
//
// Source   statfs(2) over the host's mounts (mounts.h).
// Labels   device, mountpoint, fstype, device_error: empty, thus absent, while statfs answers; otherwise the system's reason,
//          with device_error 1, readonly, and nothing else (node_exporter since 1.6; 1.5 has no such label).
//          Equal label sets (mounts over mounts) are shown once, the first of them.
// Filter   node_exporter's since 1.8, and the volumes of pods under /var/lib/kubelet, which it shows: there are hundreds a
//          node, and they come and go. (Debian 12's package hides all of /run, /mnt and /media too.)
// Blocks   statfs on a dead network mount hangs: a pool of threads asks (statfs_pool.h), this source waits for it, a third
//          of its interval and 5 s at most. What has no answer by then has the device_error that node_exporter gives it, "mountpoint
//          timeout", until its call is back; the others go on. Thus a thread of its own, and by default 10 s between ticks.
// Bounded  4 hanging first calls, 8 hanging calls in all; mounts that cannot be asked for that have the device_error "not
//          asked, too many mounts hang". tacho_filesystem_hanging_calls says how many there are.
// Cost     a statfs a mount; the mounts' text is compared with the last one and parsed only when it differs.
#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "sampler/host/filter.h"
#include "sampler/host/storage/mounts.h"
#include "sampler/host/storage/statfs_pool.h"
#include "sampler/source.h"

namespace tacho::sampler {

inline constexpr char kMountExclude[] =
    R"(^/(dev|proc|run/credentials/.+|sys|var/lib/docker/.+|var/lib/containers/storage/.+|var/lib/kubelet/.+)($|/))";
inline constexpr char kFsTypeExclude[] =
    "^(autofs|binfmt_misc|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|fusectl|hugetlbfs|iso9660|mqueue|nsfs|"
    "overlay|"
    "proc|procfs|pstore|rpc_pipefs|securityfs|selinuxfs|squashfs|erofs|sysfs|tracefs)$";

class FilesystemSource : public Source {
 public:
  explicit FilesystemSource(const Roots& roots, StatfsCall call = system_statfs, Exclude mounts = Exclude(kMountExclude),
                            Exclude types = Exclude(kFsTypeExclude));

  std::string_view name() const override { return "filesystem"; }
  std::int64_t default_interval_ms() const override { return 10'000; }
  bool may_block() const override { return true; }
  void set_interval(std::int64_t ms) override;
  Result<void> describe(store::Schema& schema) override;
  Result<Sampled> sample(Row& row) override;

 private:
  enum Cell { kDeviceError, kReadonly, kSize, kFree, kAvail, kFiles, kFilesFree, kMountInfo, kCellCount };

  struct Shown {
    Mount mount;
    StatfsPool::Outcome outcome;  // of statfs when the layout was learned
    int error = 0;
    std::array<std::size_t, kCellCount> columns{};
  };

  std::vector<Mount> parse(std::string_view text) const;
  bool same_mounts(std::string_view text);

  MountsFile file_;
  StatfsPool pool_;
  std::chrono::milliseconds patience_{5000};
  Exclude mounts_;
  Exclude types_;
  std::string text_;  // the mounts as last parsed
  std::vector<Shown> shown_;
  std::vector<std::shared_ptr<StatfsPool::Place>> places_;  // of shown_
  std::vector<StatfsPool::Answer> answers_;
  std::size_t hanging_column_ = 0;
};

}  // namespace tacho::sampler
