// tacho's own health as a source: how each source does, what the agent costs, what the store holds.
//
// Threads  the tick thread; reads the others' counters (relaxed atomics).
// Cost     a system call for CPU time, a pread for memory, a store a cell.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sampler/process_use.h"
#include "sampler/source.h"
#include "sampler/source_runner.h"

namespace tacho::sampler {

// Further numbers of the agent's, by catalogue name; called each tick by the tick thread, so it must not block or allocate.
struct SelfGauge {
  std::string metric;
  std::vector<Label> labels;
  std::function<double()> value;  // absent() where there is none: no sample
};

class SelfSource final : public Source {
 public:
  // `runners`: as the scheduler has them; the list must not change once sampling has begun.
  SelfSource(const std::vector<std::shared_ptr<SourceRunner>>& runners, const Clock& clock, std::vector<SelfGauge> gauges);

  std::string_view name() const override { return "tacho"; }
  Result<void> describe(store::Schema& schema) override;
  Result<Sampled> sample(Row& row) override;

 private:
  const std::vector<std::shared_ptr<SourceRunner>>& runners_;
  const Clock& clock_;
  std::vector<SelfGauge> gauges_;
  struct Described {
    const SourceRunner* runner;
    bool is_collector;  // node_exporter has a collector like it
  };
  std::vector<Described> described_;  // those that had given a row when the series were described
  bool just_described_ = false;
  ProcessMemory memory_;
};

}  // namespace tacho::sampler
