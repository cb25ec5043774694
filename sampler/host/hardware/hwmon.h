// Sensors of the board, the CPUs, the drives and the cards: node_hwmon_*.
//
// Source   the files TYPE[N][_ELEMENT] of SYSFS/class/hwmon/hwmonN and of its device/, where old drivers have them; for the types
//          kTypes names. TYPE and ELEMENT make the metric's name and unit (hwmon_names.h), TYPE and N the label sensor.
// Chips    hwmonN is numbered as modules happen to load, so a chip is named after its device: parent folder and folder, as in
//          platform_coretemp_0. Chips of one device get their `name` behind it, or hwmonN where that does not tell them apart.
// Blocking sensors behind a BMC or an embedded controller take milliseconds each, some drivers wait for the hardware.
#pragma once

#include <string>
#include <vector>

#include "sampler/host/filter.h"
#include "sampler/host/number_files.h"
#include "sampler/source.h"

namespace tacho::sampler {

class HwmonSource : public Source {
 public:
  // `sensors` is asked about CHIP;SENSOR, as node_exporter's --collector.hwmon.sensor-exclude is.
  explicit HwmonSource(const Roots& roots, Exclude chips = Exclude(""), Exclude sensors = Exclude(""))
      : folder_(roots.sysfs + "/class/hwmon"), chips_(std::move(chips)), sensors_(std::move(sensors)) {}

  std::string_view name() const override { return "hwmon"; }
  std::int64_t default_interval_ms() const override { return 10'000; }
  bool may_block() const override { return true; }
  Result<void> describe(store::Schema& schema) override;
  Result<Sampled> sample(Row& row) override { return files_.sample(row); }

 private:
  void describe_chip(SchemaBuilder& builder, const std::string& folder, const std::string& chip);

  std::string folder_;
  Exclude chips_;
  Exclude sensors_;
  NumberFiles files_{1};
};

}  // namespace tacho::sampler
