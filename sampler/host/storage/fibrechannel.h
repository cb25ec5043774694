// Fibre Channel ports: node_fibrechannel_*.
//
// Source   SYSFS/class/fc_host/hostN/statistics/*, in hexadecimal; all bits set is what a card says of a counter it does not have.
//          What is text in SYSFS/class/fc_host/hostN are labels of node_fibrechannel_info, identifiers without their 0x.
// Blocking a card's firmware is asked for its counters, and answers late while it resets.
#pragma once

#include <string>

#include "sampler/host/number_files.h"
#include "sampler/source.h"

namespace tacho::sampler {

class FibreChannelSource : public Source {
 public:
  explicit FibreChannelSource(const Roots& roots) : folder_(roots.sysfs + "/class/fc_host") {}

  std::string_view name() const override { return "fibrechannel"; }
  std::int64_t default_interval_ms() const override { return 10'000; }
  bool may_block() const override { return true; }
  Result<void> describe(store::Schema& schema) override;
  Result<Sampled> sample(Row& row) override { return files_.sample(row); }

 private:
  std::string folder_;
  NumberFiles files_{1};
};

}  // namespace tacho::sampler
