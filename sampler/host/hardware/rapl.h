// Energy that the CPUs and their memory have used: node_rapl_ZONE_joules_total.
//
// Source   SYSFS/class/powercap/*/{name,energy_uj,max_energy_range_uj}; AMD's come through the same folder. A name like "package-0"
//          is the zone package with the index 0; of zones with equal names the index is a count.
// Wraps    the counter begins anew at max_energy_range_uj, under load every few minutes: it goes on counting over the wrap.
// Rights   since Linux 5.10 only root may read energy_uj. Without the right: not here.
#pragma once

#include <string>

#include "sampler/host/number_files.h"
#include "sampler/source.h"

namespace tacho::sampler {

class RaplSource : public Source {
 public:
  explicit RaplSource(const Roots& roots) : folder_(roots.sysfs + "/class/powercap") {}

  std::string_view name() const override { return "rapl"; }
  Result<void> describe(store::Schema& schema) override;
  Result<Sampled> sample(Row& row) override { return files_.sample(row); }

 private:
  std::string folder_;
  NumberFiles files_;
};

}  // namespace tacho::sampler
