// Disks: node_disk_*.
//
// Source   /proc/diskstats; for node_disk_*info and node_disk_ata_* also ROOTFS/run/udev/data/bMAJOR:MINOR and
//          SYSFS/block/DEVICE/queue/rotational, read when the layout is learned.
// Units    sectors there are 512 bytes, whatever the device's are; times are milliseconds. discarded_sectors stays in sectors.
// Columns  kernels write 14, 18 (4.18) or 20 (5.5) of them; series are made for those present. A line of another length changes the layout.
// Wraps    times are 32 bits in the kernel's text and wrap after 49.7 days of request time, which busy devices reach often:
//          they are unwrapped, unless the device's request counts stepped back too (then it is a new device).
//          node_exporter lets them wrap.
// Devices  node_exporter's default filter since 1.6: no partitions, loop, ram, zram and floppy devices. (Debian 12's 1.5 shows zram.)
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "sampler/host/filter.h"
#include "sampler/kernel_file.h"
#include "sampler/source.h"

namespace tacho::sampler {

inline constexpr char kDiskExclude[] = R"(^(z?ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\d+n\d+p)\d+$)";

class DiskstatsSource : public Source {
 public:
  explicit DiskstatsSource(const Roots& roots, Exclude exclude = Exclude(kDiskExclude));

  std::string_view name() const override { return "diskstats"; }
  Result<void> describe(store::Schema& schema) override;
  Result<Sampled> sample(Row& row) override;

 private:
  static constexpr std::size_t kFieldCount = 17;

  // What a wrapping counter has reached in all.
  struct Unwrapped {
    std::uint64_t last = 0;
    std::uint64_t base = 0;  // what was lost in wraps
  };
  struct History {
    std::uint64_t reads = 0;
    std::uint64_t writes = 0;
    std::array<Unwrapped, kFieldCount> times{};
  };
  struct Constant {
    std::size_t column;
    double value;
  };
  struct Disk {
    std::string key;  // the line up to and with the name
    bool shown = false;
    std::size_t field_count = 0;
    std::array<std::size_t, kFieldCount> columns{};
    std::vector<Constant> constants;  // info series and what udev says
    History* history = nullptr;       // in histories_, whose nodes stay in place
  };

  void describe_device(Disk& disk, std::string_view major, std::string_view minor, const std::string& device,
                       class SchemaBuilder& builder);
  void fill(const Disk& disk, const std::array<std::uint64_t, kFieldCount>& fields, const std::array<bool, kFieldCount>& present,
            Row& row);

  KernelFile file_;
  std::string sysfs_;
  std::string udev_data_;
  Exclude exclude_;
  std::vector<Disk> disks_;  // a line each, the excluded ones too
  std::map<std::string, History> histories_;
};

}  // namespace tacho::sampler
