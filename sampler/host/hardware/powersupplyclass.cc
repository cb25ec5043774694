#include "sampler/host/hardware/powersupplyclass.h"

#include "sampler/folders.h"
#include "sampler/short_text.h"

namespace tacho::sampler {
namespace {

constexpr NumberForm kMicro{.divisor = 1e6};
constexpr NumberForm kTenths{.divisor = 10};

struct SupplyFile {
  std::string_view file;
  std::string_view name;  // of the metric, behind "node_power_supply_"; "": as the file
  NumberForm form = {};
};

constexpr SupplyFile kNumbers[] = {
    {"authentic", ""},
    {"calibrate", ""},
    {"capacity", ""},
    {"capacity_alert_max", ""},
    {"capacity_alert_min", ""},
    {"cycle_count", "cyclecount"},
    {"online", ""},
    {"present", ""},
    {"time_to_empty_now", "time_to_empty_seconds"},
    {"time_to_full_now", "time_to_full_seconds"},
    {"current_boot", "", kMicro},
    {"current_max", "", kMicro},
    {"current_now", "current_ampere", kMicro},
    {"energy_empty", "", kMicro},
    {"energy_empty_design", "", kMicro},
    {"energy_full", "", kMicro},
    {"energy_full_design", "", kMicro},
    {"energy_now", "energy_watthour", kMicro},
    {"voltage_boot", "", kMicro},
    {"voltage_max", "", kMicro},
    {"voltage_max_design", "", kMicro},
    {"voltage_min", "", kMicro},
    {"voltage_min_design", "", kMicro},
    {"voltage_now", "voltage_volt", kMicro},
    {"voltage_ocv", "", kMicro},
    {"charge_control_limit", "", kMicro},
    {"charge_control_limit_max", "", kMicro},
    {"charge_counter", "", kMicro},
    {"charge_empty", "", kMicro},
    {"charge_empty_design", "", kMicro},
    {"charge_full", "", kMicro},
    {"charge_full_design", "", kMicro},
    {"charge_now", "charge_ampere", kMicro},
    {"charge_term_current", "", kMicro},
    {"constant_charge_current", "", kMicro},
    {"constant_charge_current_max", "", kMicro},
    {"constant_charge_voltage", "", kMicro},
    {"constant_charge_voltage_max", "", kMicro},
    {"precharge_current", "", kMicro},
    {"input_current_limit", "", kMicro},
    {"power_now", "power_watt", kMicro},
    {"temp", "temp_celsius", kTenths},
    {"temp_alert_max", "temp_alert_max_celsius", kTenths},
    {"temp_alert_min", "temp_alert_min_celsius", kTenths},
    {"temp_ambient", "temp_ambient_celsius", kTenths},
    {"temp_ambient_max", "temp_ambient_max_celsius", kTenths},
    {"temp_ambient_min", "temp_ambient_min_celsius", kTenths},
    {"temp_max", "temp_max_celsius", kTenths},
    {"temp_min", "temp_min_celsius", kTenths},
};

// Files and labels have the same names.
constexpr std::string_view kWords[] = {"capacity_level", "charge_type", "health",     "manufacturer", "model_name", "scope",
                                       "serial_number",  "status",      "technology", "type",         "usb_type"};

}  // namespace

Result<void> PowerSupplyClassSource::describe(store::Schema& schema) {
  files_.start();
  files_.watch(folder_);
  const Result<std::vector<std::string>> names = list_folder(folder_);
  if (!names) return std::unexpected(names.error());
  SchemaBuilder builder(schema);
  for (const std::string& supply : *names) {
    if (exclude_(supply)) continue;
    const std::string folder = folder_ + "/" + supply + "/";
    for (const SupplyFile& number : kNumbers) {
      const std::string metric = "node_power_supply_" + std::string(number.name.empty() ? number.file : number.name);
      files_.add(builder, folder + std::string(number.file), metric, {{"power_supply", supply}}, number.form);
    }
    std::vector<Label> labels{{"power_supply", supply}};
    for (const std::string_view word : kWords) {
      const std::string path = folder + std::string(word);
      files_.watch_text(path);
      labels.push_back({std::string(word), label_text(path)});
    }
    files_.constant(builder, "node_power_supply_info", std::move(labels));
  }
  if (files_.empty()) return failure("{} has no power supply that is shown", folder_);
  return {};
}

}  // namespace tacho::sampler
