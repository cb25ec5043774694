// Tasks that the kernel found hung, in all since it booted: node_kernel_hung_tasks_total.
//
// Source   PROCFS/sys/kernel/hung_task_detect_count, of 6.13 and later.
#pragma once

#include <string>

#include "sampler/host/number_files.h"
#include "sampler/source.h"

namespace tacho::sampler {

class KernelHungSource : public Source {
 public:
  explicit KernelHungSource(const Roots& roots) : path_(roots.procfs + "/sys/kernel/hung_task_detect_count") {}

  std::string_view name() const override { return "kernel_hung"; }
  std::int64_t default_interval_ms() const override { return 10'000; }
  Result<void> describe(store::Schema& schema) override;
  Result<Sampled> sample(Row& row) override { return files_.sample(row); }

 private:
  std::string path_;
  NumberFiles files_{1};
};

}  // namespace tacho::sampler
