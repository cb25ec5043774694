// Mains adapters, batteries and UPSs: node_power_supply_*.
//
// Source   the files of SYSFS/class/power_supply/SUPPLY that kNumbers names; what is text there is a label of the info.
// Units    micro-volts, -amperes, -watts and the like become whole ones, tenths of degrees become degrees.
// Labels   a supply that changes its status (Charging, Full) is a new layout.
// Blocking some supplies are behind a slow bus or an embedded controller.
#pragma once

#include <string>

#include "sampler/host/filter.h"
#include "sampler/host/number_files.h"
#include "sampler/source.h"

namespace tacho::sampler {

class PowerSupplyClassSource : public Source {
 public:
  explicit PowerSupplyClassSource(const Roots& roots, Exclude exclude = Exclude("^$"))
      : folder_(roots.sysfs + "/class/power_supply"), exclude_(std::move(exclude)) {}

  std::string_view name() const override { return "powersupplyclass"; }
  std::int64_t default_interval_ms() const override { return 10'000; }
  bool may_block() const override { return true; }
  Result<void> describe(store::Schema& schema) override;
  Result<Sampled> sample(Row& row) override { return files_.sample(row); }

 private:
  std::string folder_;
  Exclude exclude_;
  NumberFiles files_{1};
};

}  // namespace tacho::sampler
