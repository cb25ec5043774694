// What this process uses of the machine.
//
// Threads  any.   Cost  a system call each.
#pragma once

#include <cstdint>
#include <optional>

#include "proto/base/file.h"

namespace tacho::sampler {

// User and system time of all its threads, in nanoseconds; the kernel counts microseconds.
std::uint64_t process_cpu_ns();

class ProcessMemory {
 public:
  ProcessMemory();
  std::optional<std::uint64_t> resident_bytes() const;

 private:
  Fd statm_;
};

}  // namespace tacho::sampler
