// The kernel's cgroup controllers: how many cgroups each has, and whether it is there: node_cgroups_*.
//
// Source   PROCFS/cgroups, a line a controller: name, hierarchy, number of cgroups, enabled. Under cgroup v2 all controllers share
//          one hierarchy and have the same number; that it grows for ever is how cgroups that are not let go show.
// Off      by default, as in node_exporter: two series a controller for one number.
// Odd text a line of fewer than four words, or without numbers, is passed over.
#pragma once

#include <string>
#include <vector>

#include "sampler/kernel_file.h"
#include "sampler/source.h"

namespace tacho::sampler {

class CgroupsSource : public Source {
 public:
  explicit CgroupsSource(const Roots& roots) : file_(roots.procfs + "/cgroups") {}

  std::string_view name() const override { return "cgroups"; }
  std::int64_t default_interval_ms() const override { return 10'000; }
  bool on_by_default() const override { return false; }
  Result<void> describe(store::Schema& schema) override;
  Result<Sampled> sample(Row& row) override;

 private:
  struct Controller {
    std::string name;
    std::size_t cgroups_column;
    std::size_t enabled_column;
  };

  KernelFile file_;
  std::vector<Controller> controllers_;
};

}  // namespace tacho::sampler
