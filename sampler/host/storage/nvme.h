// NVMe drives and their namespaces: node_nvme_*. Their temperatures are hwmon's.
//
// Source   SYSFS/class/nvme/nvmeN/{firmware_rev,model,serial,state,cntlid}, as labels of a constant 1, and of every namespace in it
//          (nvmeNnK, or nvmeNcMnK where there are several paths) size, nuse, queue/logical_block_size and ana_state.
// Sizes    `size` is in sectors of 512 bytes whatever the drive's blocks are. node_exporter multiplies it by the block's size, which
//          is eight times too much for blocks of 4096 bytes; this source does not. `nuse` is in the drive's blocks.
// More     than node_exporter, which shows namespaces of drives with several paths only.
// Blocking nuse asks the drive itself, and a drive that is being reset answers late.
#pragma once

#include <string>

#include "sampler/host/number_files.h"
#include "sampler/source.h"

namespace tacho::sampler {

class NvmeSource : public Source {
 public:
  explicit NvmeSource(const Roots& roots) : folder_(roots.sysfs + "/class/nvme") {}

  std::string_view name() const override { return "nvme"; }
  std::int64_t default_interval_ms() const override { return 10'000; }
  bool may_block() const override { return true; }
  Result<void> describe(store::Schema& schema) override;
  Result<Sampled> sample(Row& row) override { return files_.sample(row); }

 private:
  void describe_namespace(SchemaBuilder& builder, const std::string& folder, const std::string& device, const std::string& nsid);

  std::string folder_;
  NumberFiles files_{1};
};

}  // namespace tacho::sampler
