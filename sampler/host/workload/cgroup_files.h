// The files of one cgroup, kept open, and read together.
//
// Source   version 2: cpu.stat, cpu.max, memory.current, memory.peak, memory.max, memory.swap.current, memory.stat, memory.events, io.stat,
//          pids.current, pids.max, {cpu,memory,io}.pressure. Version 1: cpuacct.usage, cpuacct.stat, cpu.stat, cpu.cfs_{quota,period}_us,
//          memory.{usage,max_usage,limit}_in_bytes, memory.kmem.usage_in_bytes, memory.stat, memory.oom_control,
//          blkio.throttle.io_service_bytes, blkio.throttle.io_serviced (with _recursive where the kernel has it), pids.current, pids.max;
//          hybrid: pressure from the version 2 tree beside it.
// Derived  working set: the memory in use without file pages that have not been used lately. What tells of the CPU quota is only
//          there while there is one.
// Cost     one pread a file; no allocation in the steady state. A file that is open holds some 4.7 KiB of kernel memory (measured on Linux 6.18).
// Errors   a file that is not there (its controller is off, its kernel older) has no values, and is looked for again only where
//          the caller says so; that of another error has none and is counted. Gone: no file can be read.
// Threads  one.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "sampler/host/workload/cgroup_reading.h"
#include "sampler/host/workload/cgroup_tree.h"
#include "sampler/kernel_file.h"

namespace tacho::sampler {

class CgroupFiles {
 public:
  // The most files that a cgroup has.
  static constexpr std::size_t kFilesMax = 18;
  // Bytes that read() is to be given: more than any of these files has, but io.stat with hundreds of devices, which is then cut.
  static constexpr std::size_t kBufferBytes = 32768;

  CgroupFiles(const CgroupMounts& mounts, std::string_view path);

  // False: gone. `look_again`: also for files that were not there before.
  bool read(CgroupReading& out, std::span<char> buffer, bool look_again);

 private:
  struct File {
    KernelFile file;
    std::size_t kind;  // which of the files
    bool there = true;
  };
  std::vector<File> files_;
  bool v2_;
};

}  // namespace tacho::sampler
