// How the children do: the tacho_accel_child_ series.
//
// A child begins at its sources' first ticks; what it uses is known from its first answer on. Its CPU time begins anew with a new process.
// Threads  the tick thread; reads what the sources' threads leave in atomics.
#pragma once

#include <memory>
#include <vector>

#include "sampler/isolation/child.h"
#include "sampler/source.h"

namespace tacho::sampler {

class ChildSource final : public Source {
 public:
  explicit ChildSource(std::vector<std::shared_ptr<const Child>> children) : children_(std::move(children)) {}

  std::string_view name() const override { return "accel_children"; }
  Result<void> describe(store::Schema& schema) override;
  Result<Sampled> sample(Row& row) override;

 private:
  const std::vector<std::shared_ptr<const Child>> children_;
};

}  // namespace tacho::sampler
