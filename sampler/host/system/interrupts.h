// Interrupts, by CPU and by what they are for: node_interrupts_total.
//
// Source   PROCFS/interrupts. A line's name is the label type. Behind the counts of a numbered interrupt the first word (the
//          controller's) is the label info and the others are devices; behind those of a named one all of it is info.
// CPUs     the numbers of the line of CPUs; node_exporter counts the columns, which is another number behind an offline CPU.
// Zeros    what has never happened on a CPU is 0, as in node_exporter; without `zeros` it has no series until it happens. On a node of
//          256 CPUs and 3,000 lines there are 768,000 numbers, nearly all of them 0 for ever.
// Filter   matched with "type;info;devices", as in node_exporter.
// Cost     7 ns a number: 5 ms on such a node, and what the kernel takes to write 8 MB. So this source has its own thread.
// Off      by default, as in node_exporter.
#pragma once

#include "sampler/host/filter.h"
#include "sampler/host/system/cpu_table.h"
#include "sampler/kernel_file.h"
#include "sampler/source.h"

namespace tacho::sampler {

struct InterruptsOptions {
  Exclude left_out = Exclude("");  // lines
  bool zeros = true;
};

class InterruptsSource : public Source {
 public:
  explicit InterruptsSource(const Roots& roots, InterruptsOptions options = {})
      : file_(roots.procfs + "/interrupts"), options_(std::move(options)) {}

  std::string_view name() const override { return "interrupts"; }
  bool may_block() const override { return true; }
  bool on_by_default() const override { return false; }
  Result<void> describe(store::Schema& schema) override;
  Result<Sampled> sample(Row& row) override;

 private:
  KernelFile file_;
  InterruptsOptions options_;
  CpuTable table_;
};

}  // namespace tacho::sampler
