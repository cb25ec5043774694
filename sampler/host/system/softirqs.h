// Soft interrupts, the kernel's deferred work: node_softirqs_functions_total for each CPU, node_softirqs_total in sum.
//
// Source   PROCFS/softirqs, a table of CPUs and kinds; and the line softirq of PROCFS/stat, whose first number is the sum of the
//          ten that follow. In node_exporter these are the collector softirqs and a flag of the collector stat.
// CPUs     PROCFS/softirqs has a column for each CPU that could ever be there.
// Off      by default, as in node_exporter: ten series a CPU, of which most people look at NET_RX alone.
// Errors   either file may be missing: not here only without both.
#pragma once

#include <memory>

#include "sampler/host/system/cpu_table.h"
#include "sampler/host/system/proc_stat.h"
#include "sampler/kernel_file.h"
#include "sampler/source.h"

namespace tacho::sampler {

class SoftirqsSource : public Source {
 public:
  SoftirqsSource(const Roots& roots, std::shared_ptr<ProcStat> stat)
      : file_(roots.procfs + "/softirqs"), stat_(std::move(stat)) {}

  std::string_view name() const override { return "softirqs"; }
  bool on_by_default() const override { return false; }
  Result<void> describe(store::Schema& schema) override;
  Result<Sampled> sample(Row& row) override;

 private:
  KernelFile file_;
  CpuTable table_;
  bool has_table_ = false;
  std::shared_ptr<ProcStat> stat_;
  std::uint64_t seen_ = 0;
  std::vector<std::size_t> sums_;  // columns of the numbers behind the sum of all; none without such a line
};

}  // namespace tacho::sampler
