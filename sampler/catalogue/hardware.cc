// What sensors and firmware tell: rows of the catalogue (sampler/catalogue.h).

#include "sampler/catalogue/rows.h"

namespace tacho::sampler {
namespace {

using store::Rollup;

// clang-format off
constexpr MetricInfo kRows[] = {
    // thermal_zone
    {"node_thermal_zone_temp", MetricType::gauge, "", "Temperature of the zone, in degrees Celsius.", "/sys/class/thermal/thermal_zoneN/temp", "thermal_zone", 10000, Rollup::max, "the minute's hottest reading is what throttling and shutdown go by"},
    {"node_cooling_device_cur_state", MetricType::gauge, "", "How hard the device cools now, from 0 to its max_state; -1 where it is not known.", "/sys/class/thermal/cooling_deviceN/cur_state", "thermal_zone", 10000},
    {"node_cooling_device_max_state", MetricType::gauge, "", "How hard the device can cool.", "/sys/class/thermal/cooling_deviceN/max_state", "thermal_zone", 10000},
    // hwmon
    {"node_hwmon_chip_names", MetricType::gauge, "", "What the driver calls the chip; always 1.", "/sys/class/hwmon/hwmonN/name", "hwmon", 10000},
    {"node_hwmon_sensor_label", MetricType::gauge, "", "What the sensor measures; always 1.", "/sys/class/hwmon/hwmonN/*_label", "hwmon", 10000},
    {"node_hwmon_temp_celsius", MetricType::gauge, "celsius", "Temperature.", "/sys/class/hwmon/hwmonN/tempN_input", "hwmon", 10000, Rollup::max, "the hottest reading of the minute is what throttling goes by, and bursts of load are shorter"},
    {"node_hwmon_temp_max_celsius", MetricType::gauge, "celsius", "Temperature the sensor calls high.", "/sys/class/hwmon/hwmonN/tempN_max", "hwmon", 10000},
    {"node_hwmon_temp_crit_celsius", MetricType::gauge, "celsius", "Temperature the sensor calls critical.", "/sys/class/hwmon/hwmonN/tempN_crit", "hwmon", 10000},
    {"node_hwmon_temp_crit_alarm_celsius", MetricType::gauge, "", "0.001 if the temperature is critical: node_exporter takes the flag for a temperature.", "/sys/class/hwmon/hwmonN/tempN_crit_alarm", "hwmon", 10000},
    {"node_hwmon_in_volts", MetricType::gauge, "volts", "Voltage.", "/sys/class/hwmon/hwmonN/inN_input", "hwmon", 10000},
    {"node_hwmon_curr_amps", MetricType::gauge, "amps", "Current.", "/sys/class/hwmon/hwmonN/currN_input", "hwmon", 10000},
    {"node_hwmon_power_watt", MetricType::gauge, "watt", "Power drawn now.", "/sys/class/hwmon/hwmonN/powerN_input", "hwmon", 10000, Rollup::max, "power peaks of seconds trip breakers and caps, and vanish in the average"},
    {"node_hwmon_power_average_watt", MetricType::gauge, "watt", "Power drawn, averaged by the sensor.", "/sys/class/hwmon/hwmonN/powerN_average", "hwmon", 10000, Rollup::max, "power peaks of seconds trip breakers and caps, and vanish in the average"},
    {"node_hwmon_fan_rpm", MetricType::gauge, "rpm", "Turns of the fan per minute.", "/sys/class/hwmon/hwmonN/fanN_input", "hwmon", 10000},
    {"node_hwmon_pwm", MetricType::gauge, "", "How hard the fan is driven, from 0 to 255.", "/sys/class/hwmon/hwmonN/pwmN", "hwmon", 10000},
    {"node_hwmon_freq_freq_mhz", MetricType::gauge, "mhz", "Clock, in millions a second; the sensor is named by its label.", "/sys/class/hwmon/hwmonN/freqN_input", "hwmon", 10000},
    {"node_hwmon_humidity", MetricType::gauge, "", "Relative humidity, from 0 to 1.", "/sys/class/hwmon/hwmonN/humidityN_input", "hwmon", 10000},
    {"node_hwmon_energy_joule_total", MetricType::counter, "joule", "Energy used.", "/sys/class/hwmon/hwmonN/energyN_input", "hwmon", 10000},
    {"node_hwmon_energy_*", MetricType::counter, "", "Another file of an energy sensor: node_exporter takes all of them for joules used.", "/sys/class/hwmon/hwmonN/energyN_*", "hwmon", 10000},
    {"node_hwmon_beep_enabled", MetricType::gauge, "", "1 if the chip may beep.", "/sys/class/hwmon/hwmonN/beep_enable", "hwmon", 10000},
    {"node_hwmon_voltage_regulator_version", MetricType::gauge, "", "Version of the voltage regulator module.", "/sys/class/hwmon/hwmonN/vrm", "hwmon", 10000},
    {"node_hwmon_update_interval_seconds", MetricType::gauge, "seconds", "How often the chip measures.", "/sys/class/hwmon/hwmonN/update_interval", "hwmon", 10000},
    {"node_hwmon_*", MetricType::gauge, "", "Another value or limit of a sensor, as its driver names it.", "/sys/class/hwmon/hwmonN", "hwmon", 10000},
    // edac
    {"node_edac_correctable_errors_total", MetricType::counter, "", "Memory errors the controller has corrected.", "/sys/devices/system/edac/mc/mcN/ce_count", "edac", 10000},
    {"node_edac_uncorrectable_errors_total", MetricType::counter, "", "Memory errors that could not be corrected: data was lost.", "/sys/devices/system/edac/mc/mcN/ue_count", "edac", 10000},
    {"node_edac_csrow_correctable_errors_total", MetricType::counter, "", "Memory errors corrected in this row of chips; csrow unknown are those of no row.", "/sys/devices/system/edac/mc/mcN/csrowM/ce_count, ce_noinfo_count", "edac", 10000},
    {"node_edac_csrow_uncorrectable_errors_total", MetricType::counter, "", "Memory errors of this row of chips that could not be corrected; csrow unknown are those of no row.", "/sys/devices/system/edac/mc/mcN/csrowM/ue_count, ue_noinfo_count", "edac", 10000},
    {"node_edac_channel_correctable_errors_total", MetricType::counter, "", "Memory errors corrected in this row on this channel: mostly one DIMM.", "/sys/devices/system/edac/mc/mcN/csrowM/chK_ce_count", "edac", 10000},
    {"node_edac_channel_uncorrectable_errors_total", MetricType::counter, "", "Memory errors in this row on this channel that could not be corrected.", "/sys/devices/system/edac/mc/mcN/csrowM/chK_ue_count", "edac", 10000},
    // rapl
    {"node_rapl_package_joules_total", MetricType::counter, "joules", "Energy the CPU package has used, cores, caches and controllers together.", "/sys/class/powercap/ZONE/energy_uj", "rapl"},
    {"node_rapl_core_joules_total", MetricType::counter, "joules", "Energy the package's cores have used.", "/sys/class/powercap/ZONE/energy_uj", "rapl"},
    {"node_rapl_uncore_joules_total", MetricType::counter, "joules", "Energy of what else is on the package: on some an integrated graphics card.", "/sys/class/powercap/ZONE/energy_uj", "rapl"},
    {"node_rapl_dram_joules_total", MetricType::counter, "joules", "Energy the memory has used.", "/sys/class/powercap/ZONE/energy_uj", "rapl"},
    {"node_rapl_psys_joules_total", MetricType::counter, "joules", "Energy the whole platform has used.", "/sys/class/powercap/ZONE/energy_uj", "rapl"},
    {"node_rapl_*", MetricType::counter, "", "Energy another zone has used, named by its driver, in joules.", "/sys/class/powercap/ZONE/energy_uj", "rapl"},
    // watchdog
    {"node_watchdog_info", MetricType::gauge, "", "What the watchdog is and whether it is armed; always 1.", "/sys/class/watchdog/watchdogN", "watchdog", 10000},
    {"node_watchdog_bootstatus", MetricType::gauge, "", "Why the machine was rebooted last, as the watchdog's flags; 0 if not by it.", "/sys/class/watchdog/watchdogN/bootstatus", "watchdog", 10000},
    {"node_watchdog_fw_version", MetricType::gauge, "", "Version of the watchdog's firmware.", "/sys/class/watchdog/watchdogN/fw_version", "watchdog", 10000},
    {"node_watchdog_nowayout", MetricType::gauge, "", "1 if the watchdog cannot be switched off.", "/sys/class/watchdog/watchdogN/nowayout", "watchdog", 10000},
    {"node_watchdog_timeleft_seconds", MetricType::gauge, "seconds", "Time left until the machine is rebooted.", "/sys/class/watchdog/watchdogN/timeleft", "watchdog", 10000},
    {"node_watchdog_timeout_seconds", MetricType::gauge, "seconds", "How long the watchdog waits to be fed.", "/sys/class/watchdog/watchdogN/timeout", "watchdog", 10000},
    {"node_watchdog_pretimeout_seconds", MetricType::gauge, "seconds", "How long before the reboot it warns.", "/sys/class/watchdog/watchdogN/pretimeout", "watchdog", 10000},
    {"node_watchdog_access_cs0", MetricType::gauge, "", "1 if the machine has booted from its second flash.", "/sys/class/watchdog/watchdogN/access_cs0", "watchdog", 10000},
    // powersupplyclass
    {"node_power_supply_info", MetricType::gauge, "", "What the supply is and what it does; always 1.", "/sys/class/power_supply/SUPPLY", "powersupplyclass", 10000},
    {"node_power_supply_capacity", MetricType::gauge, "", "How full the battery is, in percent.", "/sys/class/power_supply/SUPPLY/capacity", "powersupplyclass", 10000},
    {"node_power_supply_online", MetricType::gauge, "", "1 if the supply gives power.", "/sys/class/power_supply/SUPPLY/online", "powersupplyclass", 10000},
    {"node_power_supply_present", MetricType::gauge, "", "1 if the battery is there.", "/sys/class/power_supply/SUPPLY/present", "powersupplyclass", 10000},
    {"node_power_supply_cyclecount", MetricType::gauge, "", "Times the battery was charged.", "/sys/class/power_supply/SUPPLY/cycle_count", "powersupplyclass", 10000},
    {"node_power_supply_voltage_volt", MetricType::gauge, "volt", "Voltage now.", "/sys/class/power_supply/SUPPLY/voltage_now", "powersupplyclass", 10000},
    {"node_power_supply_current_ampere", MetricType::gauge, "ampere", "Current now.", "/sys/class/power_supply/SUPPLY/current_now", "powersupplyclass", 10000},
    {"node_power_supply_power_watt", MetricType::gauge, "watt", "Power now.", "/sys/class/power_supply/SUPPLY/power_now", "powersupplyclass", 10000},
    {"node_power_supply_energy_watthour", MetricType::gauge, "watthour", "Energy the battery holds now.", "/sys/class/power_supply/SUPPLY/energy_now", "powersupplyclass", 10000},
    {"node_power_supply_temp_celsius", MetricType::gauge, "celsius", "Temperature.", "/sys/class/power_supply/SUPPLY/temp", "powersupplyclass", 10000},
    {"node_power_supply_time_to_empty_seconds", MetricType::gauge, "seconds", "How long the battery will last.", "/sys/class/power_supply/SUPPLY/time_to_empty_now", "powersupplyclass", 10000},
    {"node_power_supply_time_to_full_seconds", MetricType::gauge, "seconds", "How long until the battery is full.", "/sys/class/power_supply/SUPPLY/time_to_full_now", "powersupplyclass", 10000},
    {"node_power_supply_*", MetricType::gauge, "", "Another value or limit of the supply, named as its file, in whole volts, amperes and the like.", "/sys/class/power_supply/SUPPLY", "powersupplyclass", 10000},
    // dmi
    {"node_dmi_info", MetricType::gauge, "", "What board, chassis, product and BIOS this is; always 1.", "/sys/class/dmi/id", "dmi", 60000},
};
// clang-format on

}  // namespace

std::span<const MetricInfo> hardware_metrics() { return kRows; }

}  // namespace tacho::sampler
