// Who computes on the card: how many processes, the memory of each, and its share of the engines (nvidia_process_use.h).
//
// Source   nvmlDeviceGetRunningProcessDetailList (since 535), or nvmlDeviceGetComputeRunningProcesses in its third, second or first
//          form. Process ids are those of the host, also for an agent in a container.
// Strides  some drivers of the 535 branch wrote 32 bytes an entry where the third form has 24. So the buffer is filled with a
//          pattern first, and where the driver stopped writing tells how long its entries are.
// Layout   a process that came or went is a new layout.
// Cost     22 us (H200, driver 580), milliseconds have been seen elsewhere.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "sampler/accel/card_processes.h"
#include "sampler/accel/nvidia/process_use.h"
#include "sampler/accel/nvidia/reading.h"

namespace tacho::sampler {

inline constexpr std::byte kUnwritten{0xa5};

// The entries that a driver wrote into a buffer of kUnwritten. nullopt when they are of no length known.
std::optional<std::size_t> entry_bytes(std::span<const std::byte> buffer, std::size_t count);

class NvidiaProcesses final : public NvidiaReading {
 public:
  void describe(const NvidiaCard& card, SchemaBuilder& builder) override;
  Sampled sample(NvidiaCard& card, Row& row) override;

 private:
  void probe(NvidiaCard& card) override;
  // Into processes_.
  nvml::Code list(NvidiaCard& card);
  nvml::Code list_once(NvidiaCard& card, nvml::U32& count);

  bool supported_ = false;
  bool use_supported_ = false;
  NvidiaProcessUse use_;
  std::vector<std::byte> buffer_ = std::vector<std::byte>(std::size_t{64} * 32);
  CardProcesses processes_;                                                       // the last list
  std::vector<std::array<std::size_t, NvidiaProcessUse::kEngines>> use_columns_;  // of processes_, by pid
};

}  // namespace tacho::sampler
