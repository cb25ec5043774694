// What XFS counts of its work, for each file system: node_xfs_*.
//
// Source   SYSFS/fs/xfs/DEVICE/stats/stats, lines of a key and numbers. Those shown are node_exporter's, in the file's order.
// Wraps    the kernel counts in 32 bits; what wraps is shown as the kernel shows it, and rate() takes it for a restart.
// Types    node_exporter's: vnode_active is a counter there, though it goes down too.
// Changes  a file system that is unmounted changes the layout at once, one that is mounted at the next tick.
// Cost     the kernel sums 200 counters over all CPUs for a file: every 10 s.
#pragma once

#include <string>
#include <vector>

#include "sampler/host/keyed_lines.h"
#include "sampler/kernel_file.h"
#include "sampler/source.h"

namespace tacho::sampler {

class XfsSource : public Source {
 public:
  explicit XfsSource(const Roots& roots) : folder_(roots.sysfs + "/fs/xfs") {}

  std::string_view name() const override { return "xfs"; }
  std::int64_t default_interval_ms() const override { return 10'000; }
  Result<void> describe(store::Schema& schema) override;
  Result<Sampled> sample(Row& row) override;

 private:
  struct FileSystem {
    KernelFile file;
    KeyedLines lines;
  };

  std::string folder_;
  std::uint64_t print_ = 0;
  std::vector<FileSystem> file_systems_;
};

}  // namespace tacho::sampler
