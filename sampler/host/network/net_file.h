// A file of PROCFS/net, which is the view of one network namespace.
//
// Space    /proc/net/NAME is that of this process. With --procfs elsewhere (the host's /proc in a container) it would still be
//          ours, so PROCFS/1/net/NAME, the host's, is preferred there.
// Errors   as KernelFile. Only choose() turns to another candidate: a counter must not change its namespace within a series.
// Threads  one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sampler/kernel_file.h"
#include "sampler/source.h"

namespace tacho::sampler {

class NetFile {
 public:
  NetFile(const Roots& roots, std::string_view name);

  // The text of the first candidate that can be read, which read() keeps to; for describe().
  Result<std::string_view> choose();
  // The text stays valid until the next read() or choose().
  Result<std::string_view> read() { return candidates_[chosen_].read(); }
  const std::string& path() const { return candidates_[chosen_].path(); }

 private:
  std::vector<KernelFile> candidates_;
  std::size_t chosen_ = 0;
};

}  // namespace tacho::sampler
