#include "sampler/host/hardware/hwmon.h"

#include <algorithm>
#include <filesystem>
#include <map>

#include "sampler/folders.h"
#include "sampler/host/hardware/hwmon_names.h"
#include "sampler/short_text.h"

namespace tacho::sampler {
namespace {

namespace fs = std::filesystem;

struct Chip {
  std::string folder;
  std::string number;  // "hwmon3"
  std::string base;    // named after its device, or what comes nearest
  std::string name;    // what the driver calls it, "" if it does not say
};

std::string base_name(const Chip& chip) {
  std::error_code error;
  const fs::path device = fs::canonical(chip.folder + "/device", error);
  if (!error) {
    const std::string bus = clean_name(device.parent_path().filename().string());
    const std::string name = clean_name(device.filename().string());
    if (!name.empty()) return bus.empty() ? name : bus + "_" + name;
  }
  if (!chip.name.empty()) return chip.name;
  const fs::path real = fs::canonical(chip.folder, error);
  return clean_name(error ? chip.number : real.filename().string());
}

// The chip's label: its base name, with something behind it where others have the same.
std::string label_of(const Chip& chip, const std::vector<Chip>& all) {
  std::size_t same_base = 0;
  std::size_t same_name = 0;
  for (const Chip& other : all) {
    if (other.base != chip.base) continue;
    ++same_base;
    if (other.name == chip.name) ++same_name;
  }
  if (same_base == 1) return chip.base;
  return chip.base + "_" + (same_name == 1 && !chip.name.empty() ? chip.name : chip.number);
}

// sensor -> element -> file
using Sensors = std::map<std::string, std::map<std::string, std::pair<SensorFile, std::string>>>;

void find_sensors(const std::string& folder, Sensors& sensors) {
  const Result<std::vector<std::string>> names = list_folder(folder);
  if (!names) return;
  for (const std::string& name : *names) {
    std::optional<SensorFile> file = parse_sensor_file(name);
    std::string path = folder + "/" + name;
    std::error_code error;
    if (!file || !fs::is_regular_file(path, error)) continue;
    auto& elements = sensors[file->sensor];
    std::string element = file->element;
    elements.insert_or_assign(std::move(element), std::pair{std::move(*file), std::move(path)});
  }
}

// These are one file a chip, whatever else is called so.
bool has_only_bare_value(std::string_view type) { return type == "beep_enable" || type == "vrm" || type == "update_interval"; }

}  // namespace

void HwmonSource::describe_chip(SchemaBuilder& builder, const std::string& folder, const std::string& chip) {
  Sensors sensors;
  find_sensors(folder, sensors);
  find_sensors(folder + "/device", sensors);
  for (const auto& [sensor, elements] : sensors) {
    if (sensors_(chip + ";" + sensor)) continue;
    const auto label_file = elements.find("label");
    const std::string label = label_file == elements.end() ? "" : label_text(label_file->second.second);
    if (!label.empty()) {
      files_.constant(builder, "node_hwmon_sensor_label", {{"chip", chip}, {"sensor", sensor}, {"label", label}});
    }
    for (const auto& [element, found] : elements) {
      const auto& [file, path] = found;
      if (element == "label" || (has_only_bare_value(file.type) && !element.empty())) continue;
      if (file.type == "freq" && element == "input") {
        if (label.empty()) continue;
        files_.add(builder, path, "node_hwmon_freq_freq_mhz", {{"chip", chip}, {"sensor", clean_name(label)}}, {.divisor = 1e6});
        continue;
      }
      const SensorMetric metric = sensor_metric(file, elements.contains(""));
      files_.add(builder, path, metric.name, {{"chip", chip}, {"sensor", sensor}}, metric.form);
    }
  }
}

Result<void> HwmonSource::describe(store::Schema& schema) {
  files_.start();
  files_.watch(folder_);
  Result<std::vector<std::string>> names = list_folder(folder_);
  if (!names) return std::unexpected(names.error());
  std::vector<Chip> chips;
  for (const std::string& name : *names) {
    Chip chip{.folder = folder_ + "/" + name, .number = name, .base = {}, .name = {}};
    std::error_code error;
    if (!fs::is_directory(chip.folder, error)) continue;
    chip.name = clean_name(label_text(chip.folder + "/name"));
    chip.base = base_name(chip);
    chips.push_back(std::move(chip));
  }
  SchemaBuilder builder(schema);
  for (const Chip& chip : chips) {
    const std::string label = label_of(chip, chips);
    if (chips_(label)) continue;
    if (!chip.name.empty()) files_.constant(builder, "node_hwmon_chip_names", {{"chip", label}, {"chip_name", chip.name}});
    describe_chip(builder, chip.folder, label);
  }
  if (files_.empty()) return failure("{} has no chip that is shown", folder_);
  return {};
}

}  // namespace tacho::sampler
