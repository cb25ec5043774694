#include "sampler/host/hardware/thermal_zone.h"

#include "sampler/folders.h"
#include "sampler/short_text.h"

namespace tacho::sampler {
namespace {

constexpr std::string_view kZone = "thermal_zone";
constexpr std::string_view kCooler = "cooling_device";
constexpr NumberForm kMilli{.divisor = 1000};

}  // namespace

Result<void> ThermalZoneSource::describe(store::Schema& schema) {
  files_.start();
  files_.watch(folder_);
  Result<std::vector<std::string>> zones = list_numbered(folder_, kZone);
  Result<std::vector<std::string>> coolers = list_numbered(folder_, kCooler);
  if (!zones) return std::unexpected(zones.error());
  if (!coolers) return std::unexpected(coolers.error());
  SchemaBuilder builder(schema);
  for (const std::string& name : *zones) {
    const std::string zone = folder_ + "/" + name;
    files_.watch_text(zone + "/mode");
    if (label_text(zone + "/mode") == "disabled") continue;
    files_.add(builder, zone + "/temp", "node_thermal_zone_temp",
               {{"zone", name.substr(kZone.size())}, {"type", label_text(zone + "/type")}}, kMilli);
  }
  for (const std::string& name : *coolers) {
    const std::string cooler = folder_ + "/" + name;
    const std::vector<Label> labels{{"name", name.substr(kCooler.size())}, {"type", label_text(cooler + "/type")}};
    files_.add(builder, cooler + "/cur_state", "node_cooling_device_cur_state", labels);
    files_.add(builder, cooler + "/max_state", "node_cooling_device_max_state", labels);
  }
  if (files_.empty()) return failure("{} has no zone that is enabled and no cooling device", folder_);
  return {};
}

}  // namespace tacho::sampler
