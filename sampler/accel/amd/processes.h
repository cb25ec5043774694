// Who computes on the card: how many processes, and the memory of each.
//
// Source   SYSFS/class/kfd/kfd/proc/PID/vram_ID: bytes. The compute driver lists every process for every card; those that have memory on
//          this one are shown. Process ids are those of the host.
// Layout   a process that came or went, or has its first memory on the card, is a new layout.
#pragma once

#include <vector>

#include "sampler/accel/amd/reading.h"
#include "sampler/accel/card_processes.h"

namespace tacho::sampler {

class AmdProcesses final : public AmdReading {
 public:
  void describe(const AmdCard& card, SchemaBuilder& builder) override;
  Sampled sample(Row& row) override;

 private:
  static constexpr std::size_t kFilesMax = 4096;

  // A process's memory on the card, or on a part of it.
  struct File {
    std::uint32_t pid;
    KernelFile file;
  };
  void read_all();

  std::string folder_;
  std::uint64_t print_ = 0;
  bool known_ = false;  // kfd knows the card
  std::vector<File> files_;
  CardProcesses processes_;
};

}  // namespace tacho::sampler
