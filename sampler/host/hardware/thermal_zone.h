// Thermal zones and what cools them: node_thermal_zone_temp, node_cooling_device_{cur,max}_state.
//
// Source   SYSFS/class/thermal/thermal_zoneN/{mode,type,temp}, in thousandths of a degree, and cooling_deviceN/{type,cur_state,
//          max_state}. A zone whose mode is "disabled" is not shown: what its temp says is old or wrong.
// Blocking a zone of ACPI's is read by the firmware's own code, which takes milliseconds and more.
#pragma once

#include <string>

#include "sampler/host/number_files.h"
#include "sampler/source.h"

namespace tacho::sampler {

class ThermalZoneSource : public Source {
 public:
  explicit ThermalZoneSource(const Roots& roots) : folder_(roots.sysfs + "/class/thermal") {}

  std::string_view name() const override { return "thermal_zone"; }
  std::int64_t default_interval_ms() const override { return 10'000; }
  bool may_block() const override { return true; }
  Result<void> describe(store::Schema& schema) override;
  Result<Sampled> sample(Row& row) override { return files_.sample(row); }

 private:
  std::string folder_;
  NumberFiles files_{1};
};

}  // namespace tacho::sampler
