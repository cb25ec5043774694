// Paging, swapping, page faults, OOM kills: node_vmstat_*, untyped and under the kernel's own names.
//
// Source   /proc/vmstat; of its two hundred lines those that kVmstatFields matches: the default of node_exporter.
// Units    pgpgin and pgpgout are KiB, the others pages or events; nothing is converted.
#pragma once

#include "sampler/host/filter.h"
#include "sampler/host/keyed_lines.h"
#include "sampler/kernel_file.h"
#include "sampler/source.h"

namespace tacho::sampler {

inline constexpr char kVmstatFields[] = "^(oom_kill|pgpg|pswp|pg.*fault).*";

class VmstatSource : public Source {
 public:
  explicit VmstatSource(const Roots& roots, Exclude left_out = Exclude::all_but(kVmstatFields))
      : file_(roots.procfs + "/vmstat"), left_out_(std::move(left_out)) {}

  std::string_view name() const override { return "vmstat"; }
  Result<void> describe(store::Schema& schema) override;
  Result<Sampled> sample(Row& row) override;

 private:
  KernelFile file_;
  Exclude left_out_;
  KeyedLines lines_;
};

}  // namespace tacho::sampler
