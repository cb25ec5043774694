// Software RAID: node_md_*.
//
// Source   PROCFS/mdstat, and SYSFS/block/mdN/md/{raid_disks,degraded}.
//
//              md2 : active raid5 sdc1[3](S) sdb1[1] sda1[0](F)
//                    1953260544 blocks super 1.2 level 5, 512k chunk, algorithm 2 [3/2] [_UU]
//                    [=>...................]  recovery =  8.5% (16775552/195310144) finish=17.0min speed=259783K/sec
//                    bitmap: 1/15 pages [4KB], 65536KB chunk
//
// Blocks   of 1 KiB. What is synced is all of an array that does nothing, 0 of one that waits for its turn.
// States   active, inactive, recovering, resync, check: one of them is 1. An array that is reshaped has none, as in node_exporter.
// Disks    arrays without redundancy (raid0, linear) do not say [N/M]: all they have are active. Inactive ones require none.
// Odd text a line that says nothing readable of an array leaves its cells absent; node_exporter then shows no array at all.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sampler/host/number_files.h"
#include "sampler/kernel_file.h"
#include "sampler/source.h"

namespace tacho::sampler {

// What mdstat says of one array.
struct MdArray {
  enum class State { active, inactive, recovering, resync, check, other };
  std::string_view name;
  State state = State::other;
  std::optional<std::uint64_t> active_disks;
  std::optional<std::uint64_t> required_disks;
  std::uint64_t failed_disks = 0;
  std::uint64_t spare_disks = 0;
  std::optional<std::uint64_t> blocks;
  std::optional<std::uint64_t> blocks_synced;
};

// The arrays of a text, one by one; the views point into it. An array behind which the text was cut is left out: what it is
// doing stands in its last line.
class MdstatReader {
 public:
  explicit MdstatReader(std::string_view text) : rest_(text) {}
  bool next(MdArray& array);
  // Requires: next() was false. The kernel's last line was there.
  bool whole() const { return ended_; }

 private:
  std::string_view rest_;
  bool ended_ = false;
};

class MdadmSource : public Source {
 public:
  explicit MdadmSource(const Roots& roots) : file_(roots.procfs + "/mdstat"), block_folder_(roots.sysfs + "/block") {}

  std::string_view name() const override { return "mdadm"; }
  std::int64_t default_interval_ms() const override { return 10'000; }
  Result<void> describe(store::Schema& schema) override;
  Result<Sampled> sample(Row& row) override;

 private:
  static constexpr std::size_t kStateCount = 5;
  static constexpr std::size_t kDiskCount = 3;

  struct Shown {
    std::string name;
    std::array<std::size_t, kStateCount> states;
    std::array<std::size_t, kDiskCount> disks;
    std::size_t required, blocks, blocks_synced;
  };

  KernelFile file_;
  std::string block_folder_;
  NumberFiles files_{1};
  std::vector<Shown> shown_;
};

}  // namespace tacho::sampler
