// The machine's totals in /proc/stat: interrupts, context switches, forks, boot time, running and blocked tasks.
//
// Source   /proc/stat, the lines after the CPUs'.
// Cost     the line of interrupts is thousands of numbers long; only its first, the sum, is read.
#pragma once

#include <memory>

#include "sampler/host/keyed_lines.h"
#include "sampler/host/system/proc_stat.h"
#include "sampler/source.h"

namespace tacho::sampler {

class StatSource : public Source {
 public:
  explicit StatSource(std::shared_ptr<ProcStat> stat) : stat_(std::move(stat)) {}

  std::string_view name() const override { return "stat"; }
  Result<void> describe(store::Schema& schema) override;
  Result<Sampled> sample(Row& row) override;

 private:
  std::shared_ptr<ProcStat> stat_;
  std::uint64_t seen_ = 0;
  KeyedLines lines_;
};

}  // namespace tacho::sampler
