// node_entropy_available_bits, node_entropy_pool_size_bits.
//
// Source   /proc/sys/kernel/random/{entropy_avail,poolsize}; both are 256 for good since Linux 5.18, hence the slow default.
#pragma once

#include "sampler/kernel_file.h"
#include "sampler/source.h"

namespace tacho::sampler {

class EntropySource : public Source {
 public:
  explicit EntropySource(const Roots& roots)
      : available_(roots.procfs + "/sys/kernel/random/entropy_avail"), size_(roots.procfs + "/sys/kernel/random/poolsize") {}

  std::string_view name() const override { return "entropy"; }
  std::int64_t default_interval_ms() const override { return 10'000; }
  Result<void> describe(store::Schema& schema) override;
  Result<Sampled> sample(Row& row) override;

 private:
  KernelFile available_;
  KernelFile size_;
};

}  // namespace tacho::sampler
