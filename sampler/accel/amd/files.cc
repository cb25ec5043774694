#include "sampler/accel/amd/files.h"

#include <unistd.h>

#include <array>

#include "sampler/short_text.h"

namespace tacho::sampler {
namespace {

constexpr double kMilli = 1e3;
constexpr double kMicro = 1e6;

// A share in percent. What is above is the driver's "not known", of 16 or 32 bits.
std::optional<double> percent(std::string_view text) {
  const auto number = parse_short_number(text);
  if (!number || *number > 100) return std::nullopt;
  return number;
}

struct FileRow {
  std::string_view file;
  ValueName name;
  NumberForm form = {};
};

// clang-format off
constexpr FileRow kFast[] = {
    {"gpu_busy_percent", {"accel_utilization_ratio"}, {.divisor = 100, .parse = percent}},
    {"mem_busy_percent", {"accel_memory_bandwidth_utilization_ratio"}, {.divisor = 100, .parse = percent}},
    {"mem_info_vram_total", {"accel_memory_total_bytes"}},
    {"mem_info_vram_used", {"accel_memory_used_bytes"}},
};
constexpr FileRow kSlow[] = {
    {"mem_info_vis_vram_total", {"accel_bar1_total_bytes"}},
    {"mem_info_vis_vram_used", {"accel_bar1_used_bytes"}},
    {"pcie_replay_count", {"accel_pcie_replay_total"}},
};
// Of sensors that are known by their numbers.
constexpr FileRow kFastSensors[] = {
    {"power1_average", {"accel_power_watts", "window", "average"}, {.divisor = kMicro}},
    {"power1_input", {"accel_power_watts", "window", "instant"}, {.divisor = kMicro}},
};
constexpr FileRow kSlowSensors[] = {
    {"power1_cap", {"accel_power_limit_watts", "limit", "enforced"}, {.divisor = kMicro}},
    {"power1_cap_default", {"accel_power_limit_watts", "limit", "default"}, {.divisor = kMicro}},
    {"power1_cap_max", {"accel_power_limit_watts", "limit", "max"}, {.divisor = kMicro}},
    {"power1_cap_min", {"accel_power_limit_watts", "limit", "min"}, {.divisor = kMicro}},
    {"fan1_input", {"accel_fan_rpm", "fan", "0"}},
    {"pwm1", {"accel_fan_speed_ratio", "fan", "0"}, {.divisor = 255}},
};
// clang-format on

// What a sensor's label means to us; `number`: what it is where it has no label.
struct Sensor {
  std::string_view label;
  unsigned number;
  std::string_view value;
};
constexpr Sensor kTemperatures[] = {{"edge", 1, "core"}, {"junction", 2, "hotspot"}, {"mem", 3, "memory"}};
constexpr Sensor kClocks[] = {{"sclk", 1, "core"}, {"mclk", 2, "memory"}};
constexpr Sensor kRails[] = {{"vddgfx", 0, "vddgfx"}, {"vddnb", 1, "vddnb"}};

// The number of the sensor with that label; nullopt when there is none.
std::optional<unsigned> find_sensor(const std::string& hwmon, std::string_view kind, const Sensor& sensor) {
  constexpr unsigned kSensorsMax = 8;
  for (unsigned number = 0; number < kSensorsMax; ++number) {
    if (label_text(fmt::format("{}{}{}_label", hwmon, kind, number)) == sensor.label) return number;
  }
  const std::string own = fmt::format("{}{}{}", hwmon, kind, sensor.number);
  if (label_text(own + "_label").empty() && ::access((own + "_input").c_str(), F_OK) == 0) return sensor.number;
  return std::nullopt;
}

}  // namespace

void AmdFiles::add(const AmdCard& card, SchemaBuilder& builder, const std::string& path, ValueName name, NumberForm form,
                   std::vector<Label> more) {
  if (!name.label.empty()) more.push_back({std::string(name.label), std::string(name.value)});
  if (files_.add(builder, path, name.metric, card.labels_and(std::move(more)), form)) return;
  const std::string file = path.substr(path.rfind('/') + 1);
  missing_.push_back({name, ::access(path.c_str(), F_OK) != 0 ? file + " is not there" : file + " holds no number now"});
}

void AmdFiles::add_sensors(const AmdCard& card, SchemaBuilder& builder) {
  const std::string& hwmon = card.hwmon();
  const bool fast = which_ == Which::fast;
  for (const Sensor& t : kTemperatures) {
    const auto number = find_sensor(hwmon, "temp", t);
    if (!number) {
      if (fast)
        missing_.push_back({{"accel_temperature_celsius", "sensor", t.value}, fmt::format("no sensor is labelled {}", t.label)});
      continue;
    }
    const std::string file = fmt::format("{}temp{}", hwmon, *number);
    if (fast) {
      add(card, builder, file + "_input", {"accel_temperature_celsius", "sensor", t.value}, {.divisor = kMilli});
    } else {
      const std::vector<Label> sensor{{"sensor", std::string(t.value)}};
      add(card, builder, file + "_crit", {"accel_temperature_limit_celsius", "limit", "slowdown"}, {.divisor = kMilli}, sensor);
      add(card, builder, file + "_emergency", {"accel_temperature_limit_celsius", "limit", "shutdown"}, {.divisor = kMilli},
          sensor);
    }
  }
  for (const Sensor& c : kClocks) {
    const auto number = fast ? find_sensor(hwmon, "freq", c) : std::nullopt;
    if (number) add(card, builder, fmt::format("{}freq{}_input", hwmon, *number), {"accel_clock_hertz", "domain", c.value}, {});
  }
  for (const Sensor& r : kRails) {
    const auto number = fast ? find_sensor(hwmon, "in", r) : std::nullopt;
    if (number)
      add(card, builder, fmt::format("{}in{}_input", hwmon, *number), {"accel_voltage_volts", "rail", r.value},
          {.divisor = kMilli});
  }
  for (const FileRow& row : fast ? std::span<const FileRow>(kFastSensors) : std::span<const FileRow>(kSlowSensors))
    add(card, builder, hwmon + std::string(row.file), row.name, row.form);
}

void AmdFiles::describe(const AmdCard& card, SchemaBuilder& builder) {
  missing_.clear();
  files_.start();
  files_.watch(card.folder() + "hwmon");
  for (const FileRow& row : which_ == Which::fast ? std::span<const FileRow>(kFast) : std::span<const FileRow>(kSlow))
    add(card, builder, card.folder() + std::string(row.file), row.name, row.form);
  if (card.hwmon().empty()) {
    if (which_ == Which::fast) missing_.push_back({{"hwmon"}, "the driver shows no sensors"});
    return;
  }
  add_sensors(card, builder);
}

}  // namespace tacho::sampler
