// What the scheduler has done on each CPU: node_schedstat_{running,waiting}_seconds_total, node_schedstat_timeslices_total.
//
// Source   /proc/schedstat, lines cpu0, cpu1, ...: the 7th to 9th number, nanoseconds run, nanoseconds tasks have waited for
//          this CPU, and times a task was switched to. Nanoseconds whatever the kernel's own text says (jiffies).
// Kernels  without CONFIG_SCHEDSTATS have no such file: not here. Lines of domains, behind each CPU's own, are passed over.
//          Offline CPUs have no line: the layout changes.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "sampler/kernel_file.h"
#include "sampler/source.h"

namespace tacho::sampler {

class SchedstatSource : public Source {
 public:
  explicit SchedstatSource(const Roots& roots) : file_(roots.procfs + "/schedstat") {}

  std::string_view name() const override { return "schedstat"; }
  Result<void> describe(store::Schema& schema) override;
  Result<Sampled> sample(Row& row) override;

 private:
  struct Cpu {
    std::string key;                     // "cpu12"
    std::array<std::size_t, 3> columns;  // running, waiting, timeslices
  };

  KernelFile file_;
  std::vector<Cpu> cpus_;
};

}  // namespace tacho::sampler
