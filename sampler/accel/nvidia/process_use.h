// How much of the card's engines each process used since the last row.
//
// Source   nvmlDeviceGetProcessUtilization: the driver's readings since the last call, each the mean of a sampling period for one process that
//          did something in it. A process's share is the mean of its readings; one that has none while others or the whole card were
//          read did nothing.
// Odd      readings of pid 0, above 100 %, of a time to come, or older than asked for are the driver's leftovers and count for nothing. Their
//          times are the wall clock's: after it was set back the driver is asked from the beginning, and nothing is known of that row.
// Cost     1.4 ms (H200, driver 580), nearly all of it the driver's own work.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "sampler/accel/nvidia/reading.h"

namespace tacho::sampler {

class NvidiaProcessUse {
 public:
  static constexpr std::size_t kEngines = 4;
  static constexpr std::array<std::string_view, kEngines> kEngineNames = {"sm", "mem", "enc", "dec"};

  // What came since the last call; anything but success: nothing is known of this time.
  nvml::Code drain(NvidiaCard& card);
  // Of the last drain: the ratio, from 0 to 1. nullopt: of its readings none could be one.
  std::optional<std::array<double, kEngines>> of(std::uint32_t pid) const;

 private:
  static constexpr std::size_t kReadingsMax = 8192;

  struct Sum {
    std::uint32_t pid;
    std::uint32_t readings;
    std::array<std::uint32_t, kEngines> percent;
  };
  nvml::Code read(NvidiaCard& card, nvml::U32& count);
  void note_newest(nvml::U32 count, std::uint64_t now_us);

  std::vector<nvml::ProcessUtilization> buffer_ = std::vector<nvml::ProcessUtilization>(128);
  std::vector<Sum> sums_;  // by pid
  std::uint64_t last_us_ = 0;
};

}  // namespace tacho::sampler
