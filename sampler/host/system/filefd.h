// node_filefd_allocated, node_filefd_maximum.
//
// Source   /proc/sys/fs/file-nr: allocated, unused (always 0), maximum.
#pragma once

#include "sampler/kernel_file.h"
#include "sampler/source.h"

namespace tacho::sampler {

class FilefdSource : public Source {
 public:
  explicit FilefdSource(const Roots& roots) : file_(roots.procfs + "/sys/fs/file-nr") {}

  std::string_view name() const override { return "filefd"; }
  Result<void> describe(store::Schema& schema) override;
  Result<Sampled> sample(Row& row) override;

 private:
  KernelFile file_;
};

}  // namespace tacho::sampler
