// Memory: node_memory_*.
//
// Source   /proc/meminfo. Sizes there are KiB and become bytes; HugePages_* are counts of pages.
// Fields   those of the catalogue: node_exporter's fixed list since 1.9, and what Debian 12's 1.5 shows besides on today's
//          kernels (KReclaimable, FileHugePages, ...). 1.5 shows every field of the file.
#pragma once

#include "sampler/host/keyed_lines.h"
#include "sampler/kernel_file.h"
#include "sampler/source.h"

namespace tacho::sampler {

// How a field is called in a metric's name: Active(anon) -> Active_anon.
std::string meminfo_field(std::string_view field);

class MeminfoSource : public Source {
 public:
  explicit MeminfoSource(const Roots& roots) : file_(roots.procfs + "/meminfo") {}

  std::string_view name() const override { return "meminfo"; }
  Result<void> describe(store::Schema& schema) override;
  Result<Sampled> sample(Row& row) override;

 private:
  KernelFile file_;
  KeyedLines lines_;
};

}  // namespace tacho::sampler
