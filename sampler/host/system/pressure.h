// Pressure stall information: node_pressure_*_seconds_total.
//
// Source   /proc/pressure/{cpu,io,memory,irq}, the totals in microseconds; "some" is waiting, "full" is stalled.
//          cpu's "full" means nothing for a whole machine and is not shown; irq (Linux 6.1) has only "full".
// Kernels  without CONFIG_PSI, or booted with psi=0, have no such files or answer EOPNOTSUPP: not here.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sampler/kernel_file.h"
#include "sampler/source.h"

namespace tacho::sampler {

class PressureSource : public Source {
 public:
  explicit PressureSource(const Roots& roots) : folder_(roots.procfs + "/pressure") {}

  std::string_view name() const override { return "pressure"; }
  Result<void> describe(store::Schema& schema) override;
  Result<Sampled> sample(Row& row) override;

 private:
  struct Resource {
    std::size_t kind;  // which of the files
    KernelFile file;
    std::size_t some_column;
    std::size_t full_column;
  };

  std::string folder_;
  std::vector<Resource> resources_;
};

}  // namespace tacho::sampler
