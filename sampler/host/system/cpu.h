// CPU time by mode: node_cpu_seconds_total, node_cpu_guest_seconds_total.
//
// Source   /proc/stat, lines cpu0, cpu1, ...: ticks of 10 ms (USER_HZ is 100 on every architecture Linux shows to programs).
// Quirks   user and nice contain guest time; nothing is subtracted, as node_exporter does.
//          idle, iowait and steal step back on real kernels. A counter that steps back keeps its last value until it has
//          caught up; when idle falls by 3 s or more the CPU was taken out and put back, and all its counters start anew.
//          Offline CPUs have no line: the layout changes.
// Old kernels write fewer columns: the modes they do not know are not there (node_exporter shows 0).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sampler/host/system/proc_stat.h"
#include "sampler/source.h"

namespace tacho::sampler {

class CpuSource : public Source {
 public:
  explicit CpuSource(std::shared_ptr<ProcStat> stat) : stat_(std::move(stat)) {}

  std::string_view name() const override { return "cpu"; }
  Result<void> describe(store::Schema& schema) override;
  Result<Sampled> sample(Row& row) override;

 private:
  static constexpr std::size_t kFieldCount = 10;
  static constexpr std::size_t kIdle = 3;
  static constexpr std::uint64_t kIdleStepTicks = 300;

  struct Cpu {
    std::string key;  // "cpu12"
    std::array<std::size_t, kFieldCount> columns;
    std::array<std::uint64_t, kFieldCount> ticks{};  // the highest seen since the CPU came
  };

  void fill(Cpu& cpu, std::string_view fields, Row& row);

  std::shared_ptr<ProcStat> stat_;
  std::uint64_t seen_ = 0;
  std::vector<Cpu> cpus_;
};

}  // namespace tacho::sampler
