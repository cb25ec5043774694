// /proc/stat, read once a tick for all sources that live on it: on a node of 192 CPUs the kernel takes a millisecond or
// more to write it, more than all the other files together.
//
// Shape    a source that has not seen the newest text yet gets it without a new read, if it is younger than kShareNs;
//          otherwise the file is read anew. So with one source alone every read is a real one.
// Threads  one: the sources that share an object never block, so the scheduler keeps them on the same thread.
// Errors   those of KernelFile.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "proto/base/clock.h"
#include "sampler/kernel_file.h"
#include "sampler/source.h"

namespace tacho::sampler {

class ProcStat {
 public:
  // Within a tick the sources follow each other in microseconds; a tick is 10 ms at the least.
  static constexpr std::int64_t kShareNs = 2 * kNsPerMs;

  explicit ProcStat(const Roots& roots, const Clock& clock = system_clock()) : file_(roots.procfs + "/stat"), clock_(clock) {}

  // `seen` belongs to the caller: the read it has last been given. Starts at 0.
  Result<std::string_view> text(std::uint64_t& seen);
  const std::string& path() const { return file_.path(); }

 private:
  KernelFile file_;
  const Clock& clock_;
  std::string_view text_;
  std::uint64_t reads_ = 0;
  MonoNs read_at_{};
};

}  // namespace tacho::sampler
