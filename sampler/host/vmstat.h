// Paging, swapping, page faults, OOM kills: node_vmstat_*, untyped and under the kernel's own names.
//
// Source   /proc/vmstat; of its two hundred lines those that node_exporter keeps by default, ^(oom_kill|pgpg|pswp|pg.*fault).
// Units    pgpgin and pgpgout are KiB, the others pages or events; nothing is converted.
#pragma once

#include "sampler/host/keyed_lines.h"
#include "sampler/kernel_file.h"
#include "sampler/source.h"

namespace tacho::sampler {

class VmstatSource : public Source {
 public:
  explicit VmstatSource(const Roots& roots) : file_(roots.procfs + "/vmstat") {}

  std::string_view name() const override { return "vmstat"; }
  Result<void> describe(store::Schema& schema) override;
  Result<Sampled> sample(Row& row) override;

 private:
  KernelFile file_;
  KeyedLines lines_;
};

}  // namespace tacho::sampler
