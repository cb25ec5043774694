#include "sampler/host/hardware/hwmon_names.h"

#include <algorithm>

namespace tacho::sampler {
namespace {

constexpr std::string_view kTypes[] = {"vrm",  "beep_enable", "update_interval", "in",     "cpu",      "fan",       "pwm",
                                       "temp", "curr",        "power",           "energy", "humidity", "intrusion", "freq"};

constexpr NumberForm kMilli{.divisor = 1e3};
constexpr NumberForm kMicro{.divisor = 1e6};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

std::optional<SensorFile> parse_sensor_file(std::string_view name) {
  const std::size_t type_end = std::min(name.find_first_of("0123456789"), name.size());
  const std::string_view type = name.substr(0, type_end);
  if (std::find(std::begin(kTypes), std::end(kTypes), type) == std::end(kTypes)) return std::nullopt;
  std::string_view rest = name.substr(type_end);
  std::string_view digits = rest.substr(0, std::min(rest.find_first_not_of("0123456789"), rest.size()));
  rest.remove_prefix(digits.size());
  if (!rest.empty() && (rest[0] != '_' || rest.size() == 1)) return std::nullopt;
  while (digits.size() > 1 && digits[0] == '0') digits.remove_prefix(1);
  return SensorFile{.type = std::string(type),
                    .sensor = std::string(type) + (digits.empty() ? "0" : std::string(digits)),
                    .element = std::string(rest.empty() ? rest : rest.substr(1))};
}

std::string clean_name(std::string_view name) {
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const auto byte = static_cast<unsigned char>(name[i]);
    if (byte >= 0x80 && byte < 0xC0) continue;  // one '_' for a character of several bytes
    const char c = name[i] >= 'A' && name[i] <= 'Z' ? static_cast<char>(name[i] - 'A' + 'a') : name[i];
    out += (c >= 'a' && c <= 'z') || is_digit(c) || c == ':' ? c : '_';
  }
  out.erase(0, out.find_first_not_of('_'));
  out.resize(out.find_last_not_of('_') + 1);
  return out;
}

SensorMetric sensor_metric(const SensorFile& file, bool has_bare_value) {
  const std::string& type = file.type;
  const std::string& element = file.element;
  if (type == "beep_enable") return {"node_hwmon_beep_enabled", {}};
  if (type == "vrm") return {"node_hwmon_voltage_regulator_version", {}};
  if (type == "update_interval") return {"node_hwmon_update_interval_seconds", kMilli};
  std::string name = "node_hwmon_" + type;
  if (element == "input") {
    if (has_bare_value) name += "_input";
  } else if (!element.empty()) {
    name += "_" + clean_name(element);
  }
  if (element == "fault" || element == "alarm") return {name, {}};
  if (element == "beep") return {name + "_enabled", {}};
  if (type == "in" || type == "cpu") return {name + "_volts", kMilli};
  if (type == "temp" && element != "type") return {name + "_celsius", kMilli};
  if (type == "curr") return {name + "_amps", kMilli};
  if (type == "energy") return {name + "_joule_total", kMicro};
  if (type == "power" && element == "accuracy") return {name, kMicro};
  if (type == "power" &&
      (element == "average_interval" || element == "average_interval_min" || element == "average_interval_max")) {
    return {name + "_seconds", kMilli};
  }
  if (type == "power") return {name + "_watt", kMicro};
  if (type == "humidity") return {name, kMicro};
  if (type == "fan" && (element == "input" || element == "min" || element == "max" || element == "target")) {
    return {name + "_rpm", {}};
  }
  return {name, {}};
}

}  // namespace tacho::sampler
