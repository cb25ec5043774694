// File systems: node_filesystem_*, one set a mount.
//
// Source   statfs(2) over the host's mounts (mounts.h).
// Labels   device, mountpoint, fstype, device_error: empty, thus absent, while statfs answers; otherwise the system's reason,
//          with device_error 1, readonly, and nothing else (node_exporter since 1.6; 1.5 has no such label).
//          Equal label sets (mounts over mounts) are shown once, the first of them.
// Filter   node_exporter's since 1.8, and the volumes of pods under /var/lib/kubelet, which it shows: there are hundreds a
//          node, and they come and go. (Debian 12's package hides all of /run, /mnt and /media too.)
// Blocks   statfs on a dead network mount hangs: this source has its own thread, and by default 10 s between ticks.
// Cost     a statfs a mount; the mounts' text is compared with the last one and parsed only when it differs.
#pragma once

#include <sys/vfs.h>

#include <array>
#include <string>
#include <vector>

#include "sampler/host/filter.h"
#include "sampler/host/storage/mounts.h"
#include "sampler/source.h"

namespace tacho::sampler {

inline constexpr char kMountExclude[] =
    R"(^/(dev|proc|run/credentials/.+|sys|var/lib/docker/.+|var/lib/containers/storage/.+|var/lib/kubelet/.+)($|/))";
inline constexpr char kFsTypeExclude[] =
    "^(autofs|binfmt_misc|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|fusectl|hugetlbfs|iso9660|mqueue|nsfs|"
    "overlay|"
    "proc|procfs|pstore|rpc_pipefs|securityfs|selinuxfs|squashfs|erofs|sysfs|tracefs)$";

// 0 or an errno; tests bring their own.
using StatfsCall = int (*)(const char* path, struct statfs& out);
int system_statfs(const char* path, struct statfs& out);

class FilesystemSource : public Source {
 public:
  explicit FilesystemSource(const Roots& roots, StatfsCall call = system_statfs, Exclude mounts = Exclude(kMountExclude),
                            Exclude types = Exclude(kFsTypeExclude));

  std::string_view name() const override { return "filesystem"; }
  std::int64_t default_interval_ms() const override { return 10'000; }
  bool may_block() const override { return true; }
  Result<void> describe(store::Schema& schema) override;
  Result<Sampled> sample(Row& row) override;

 private:
  enum Cell { kDeviceError, kReadonly, kSize, kFree, kAvail, kFiles, kFilesFree, kMountInfo, kCellCount };

  struct Shown {
    Mount mount;
    int error = 0;  // of statfs when the layout was learned
    std::array<std::size_t, kCellCount> columns{};
  };

  std::vector<Mount> parse(std::string_view text) const;
  bool same_mounts(std::string_view text);

  MountsFile file_;
  StatfsCall statfs_;
  Exclude mounts_;
  Exclude types_;
  std::string text_;  // the mounts as last parsed
  std::vector<Shown> shown_;
};

}  // namespace tacho::sampler
