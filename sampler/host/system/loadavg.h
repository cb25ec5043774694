// node_load1, node_load5, node_load15.
//
// Source   /proc/loadavg; the kernel renews it every 5 s.
#pragma once

#include "sampler/kernel_file.h"
#include "sampler/source.h"

namespace tacho::sampler {

class LoadavgSource : public Source {
 public:
  explicit LoadavgSource(const Roots& roots) : file_(roots.procfs + "/loadavg") {}

  std::string_view name() const override { return "loadavg"; }
  Result<void> describe(store::Schema& schema) override;
  Result<Sampled> sample(Row& row) override;

 private:
  KernelFile file_;
};

}  // namespace tacho::sampler
