// Tape drives: node_tape_*.
//
// Source   SYSFS/class/scsi_tape/stN/stats/*, times in nanoseconds.
#pragma once

#include <string>

#include "sampler/host/filter.h"
#include "sampler/host/number_files.h"
#include "sampler/source.h"

namespace tacho::sampler {

class TapestatsSource : public Source {
 public:
  explicit TapestatsSource(const Roots& roots, Exclude exclude = Exclude("^$"))
      : folder_(roots.sysfs + "/class/scsi_tape"), exclude_(std::move(exclude)) {}

  std::string_view name() const override { return "tapestats"; }
  std::int64_t default_interval_ms() const override { return 10'000; }
  Result<void> describe(store::Schema& schema) override;
  Result<Sampled> sample(Row& row) override { return files_.sample(row); }

 private:
  std::string folder_;
  Exclude exclude_;
  NumberFiles files_{1};
};

}  // namespace tacho::sampler
