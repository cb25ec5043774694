// Btrfs, one set a file system: node_btrfs_*.
//
// Source   SYSFS/fs/btrfs/UUID/: allocation/{data,metadata,system}, commit_stats (5.17 and later), label; and of the devices what
//          the file system answers through one of its mount points (btrfs_devices.h). Where none can be asked, the devices' sizes
//          alone, from SYSFS/fs/btrfs/UUID/devices/DEVICE/size in sectors of 512 bytes, and without the label btrfs_dev_uuid.
// Labels   uuid is metadata_uuid, which is the folder's name unless it was changed; a file system is found by its folder's.
// Ratios   how many bytes of disks one of data takes. Those of raid1c3 and raid1c4 too, for which node_exporter has 0.
// Blocks   an ioctl waits while the file system is busy with its devices: its own thread, and 10 s between ticks.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "sampler/catalogue.h"
#include "sampler/host/keyed_lines.h"
#include "sampler/host/number_files.h"
#include "sampler/host/storage/btrfs_devices.h"
#include "sampler/host/storage/mounts.h"
#include "sampler/source.h"

namespace tacho::sampler {

class BtrfsSource : public Source {
 public:
  explicit BtrfsSource(const Roots& roots, BtrfsCall call = system_btrfs)
      : folder_(roots.sysfs + "/fs/btrfs"), mounts_(roots), call_(call) {}

  std::string_view name() const override { return "btrfs"; }
  std::int64_t default_interval_ms() const override { return 10'000; }
  bool may_block() const override { return true; }
  Result<void> describe(store::Schema& schema) override;
  Result<Sampled> sample(Row& row) override;

 private:
  struct Device {
    std::uint64_t id = 0;
    BtrfsUuid uuid{};
    std::size_t size_column = kNoColumn;
    std::size_t unused_column = kNoColumn;
    std::array<std::size_t, kBtrfsErrorCount> error_columns{};
  };
  struct Commits {
    KernelFile file;
    KeyedLines lines;
  };
  struct Asked {
    BtrfsUuid fsid{};
    std::string path;
    std::vector<Device> devices;
  };

  void describe_allocation(SchemaBuilder& builder, const std::string& folder, const std::string& uuid, std::size_t devices);
  void describe_commits(SchemaBuilder& builder, const std::string& path, const std::string& uuid);
  bool ask(SchemaBuilder& builder, const std::vector<Mount>& mounts, const std::string& fsid, const std::string& uuid);
  Sampled sample_devices(const Asked& asked, Row& row);

  std::string folder_;
  MountsFile mounts_;
  BtrfsCall call_;
  NumberFiles files_{1};
  std::vector<Commits> commits_;
  std::vector<Asked> asked_;
  bool all_asked_ = false;   // every file system could be asked
  std::string mounts_text_;  // when one could not: tried again when there are other mounts
  BtrfsDevices answer_;      // kept for its memory
};

}  // namespace tacho::sampler
