// Disks that are reached by several paths, as the device mapper joins them: node_dmmultipath_*.
//
// Source   SYSFS/block/dm-N/: dm/uuid, which begins with mpath- for such a device; dm/name, dm/suspended, size in sectors of 512
//          bytes, and its paths, the names in slaves/. A path's state is SYSFS/block/PATH/device/state: running (SCSI) or live
//          (NVMe) is active; what cannot be read is "unknown", and counts as failed.
// Labels   a path that changes its state is a new layout; the device's own series stay.
#pragma once

#include <string>

#include "sampler/host/number_files.h"
#include "sampler/source.h"

namespace tacho::sampler {

class DmMultipathSource : public Source {
 public:
  explicit DmMultipathSource(const Roots& roots) : folder_(roots.sysfs + "/block") {}

  std::string_view name() const override { return "dmmultipath"; }
  std::int64_t default_interval_ms() const override { return 10'000; }
  Result<void> describe(store::Schema& schema) override;
  Result<Sampled> sample(Row& row) override { return files_.sample(row); }

 private:
  void describe_device(SchemaBuilder& builder, const std::string& sysfs_name, const std::string& uuid);

  std::string folder_;
  NumberFiles files_{1};
};

}  // namespace tacho::sampler
