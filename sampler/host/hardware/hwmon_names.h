// How node_exporter names what hwmon's files hold.
//
// Threads  any.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sampler/host/number_files.h"

namespace tacho::sampler {

// "temp1_crit_alarm" is type "temp", number 1, element "crit_alarm"; "pwm2" has no element, "update_interval" is all type.
struct SensorFile {
  std::string type;
  std::string sensor;  // type and number, 0 where there is none: "temp1", "update_interval0"
  std::string element;
};
// nullopt for files that are no sensor's.
std::optional<SensorFile> parse_sensor_file(std::string_view name);

// Lower case, all but letters, digits, ':' and '_' made '_', no '_' at the ends.
std::string clean_name(std::string_view name);

struct SensorMetric {
  std::string name;
  NumberForm form;
};
// `has_bare_value`: the sensor has a file without an element too ("pwm1"), which then has the plain name.
// Not for elements "label" and for frequencies' "input", which are named after their label.
SensorMetric sensor_metric(const SensorFile& file, bool has_bare_value);

}  // namespace tacho::sampler
