#include "sampler/host_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <sstream>

#include "proto/base/check.h"
#include "proto/base/number.h"
#include "sampler/host/memory/vmstat.h"
#include "sampler/host/network/ethtool_names.h"
#include "sampler/host/network/netdev.h"
#include "sampler/host/network/netstat.h"
#include "sampler/host/storage/diskstats.h"
#include "sampler/host/storage/filesystem.h"

namespace tacho::sampler {
namespace {

using Kind = HostOption::Kind;

constexpr std::string_view kInterfacesOut = "interfaces that are left out";
constexpr std::string_view kInterfacesIn = "only these interfaces are shown";

constexpr HostOption kOptions[] = {
    {"arp", "device_exclude", Kind::pattern, kNetdevExclude, kInterfacesOut},
    {"arp", "device_include", Kind::pattern, "", kInterfacesIn},
    {"cgroup", "cgroups_max", Kind::number, "512", "cgroups that are shown; the rest are counted"},
    {"cgroup", "services", Kind::flag, "false", "services one by one also on a node that has containers"},
    {"diskstats", "device_exclude", Kind::pattern, kDiskExclude, "disks that are left out"},
    {"diskstats", "device_include", Kind::pattern, "", "only these disks are shown"},
    {"ethtool", "device_exclude", Kind::pattern, kNetdevExclude, kInterfacesOut},
    {"ethtool", "device_include", Kind::pattern, "", kInterfacesIn},
    {"ethtool", "metrics_include", Kind::pattern, kEthtoolInclude, "counters of drivers that are shown; .* for all"},
    {"ethtool_link", "device_exclude", Kind::pattern, kNetdevExclude, kInterfacesOut},
    {"ethtool_link", "device_include", Kind::pattern, "", kInterfacesIn},
    {"filesystem", "fs_types_exclude", Kind::pattern, kFsTypeExclude, "types of file systems that are left out"},
    {"filesystem", "fs_types_include", Kind::pattern, "", "only file systems of these types are shown"},
    {"filesystem", "mount_points_exclude", Kind::pattern, kMountExclude, "mount points that are left out"},
    {"filesystem", "mount_points_include", Kind::pattern, "", "only these mount points are shown"},
    {"hwmon", "chip_exclude", Kind::pattern, "", "chips that are left out, by their label chip"},
    {"hwmon", "chip_include", Kind::pattern, "", "only these chips are shown"},
    {"hwmon", "sensor_exclude", Kind::pattern, "", "sensors that are left out, as CHIP;SENSOR"},
    {"hwmon", "sensor_include", Kind::pattern, "", "only these sensors are shown, as CHIP;SENSOR"},
    {"interrupts", "include_zeros", Kind::flag, "true",
     "also what has never happened on a CPU; on a node of many CPUs that is nearly all"},
    {"interrupts", "name_exclude", Kind::pattern, "", "interrupts that are left out, as TYPE;INFO;DEVICES"},
    {"interrupts", "name_include", Kind::pattern, "", "only these interrupts are shown, as TYPE;INFO;DEVICES"},
    {"netclass", "device_exclude", Kind::pattern, kNetdevExclude, kInterfacesOut},
    {"netclass", "device_include", Kind::pattern, "", kInterfacesIn},
    {"netclass", "ignore_invalid_speed", Kind::flag, "false", "an unknown speed is absent, not -125000"},
    {"netdev", "device_exclude", Kind::pattern, kNetdevExclude, kInterfacesOut},
    {"netdev", "device_include", Kind::pattern, "", kInterfacesIn},
    {"netstat", "fields", Kind::pattern, kNetstatFields, "counters that are shown, as PROTOCOL_NAME"},
    {"powersupplyclass", "ignored_supplies", Kind::pattern, "^$", "power supplies that are left out"},
    {"textfile", "directory", Kind::texts, "", "where *.prom files are; several folders with commas between them"},
    {"vmstat", "fields", Kind::pattern, kVmstatFields, "lines of /proc/vmstat that are shown"},
};

const HostOption* find(std::string_view source, std::string_view key) {
  const auto* const found = std::find_if(std::begin(kOptions), std::end(kOptions),
                                         [&](const HostOption& o) { return o.source == source && o.key == key; });
  return found == std::end(kOptions) ? nullptr : found;
}

}  // namespace

std::span<const HostOption> host_options() { return kOptions; }

Result<void> HostOptions::set(std::string_view source, std::string_view key, std::string value) {
  const HostOption* option = find(source, key);
  if (!option) {
    std::string known;
    for (const HostOption& o : kOptions) {
      if (o.source == source) known += fmt::format("{}{}", known.empty() ? "" : ", ", o.key);
    }
    return failure("source {} has no option {}{}", source, key, known.empty() ? "" : "; it has " + known);
  }
  if (option->kind == Kind::flag && value != "true" && value != "false")
    return failure("{} must be true or false, not \"{}\"", key, value);
  if (option->kind == Kind::number && parse_int(value).value_or(0) < 1)
    return failure("{} must be a whole number above 0, not \"{}\"", key, value);
  if (option->kind == Kind::pattern) {
    if (const auto pattern = Exclude::create(value); !pattern) return std::unexpected(pattern.error());
  }
  values_[{std::string(source), std::string(key)}] = std::move(value);
  return {};
}

std::string HostOptions::get(std::string_view source, std::string_view key) const {
  const HostOption* option = find(source, key);
  TACHO_CHECK(option != nullptr, fmt::format("{}.{} is no option of a host source", source, key));
  const auto set = values_.find({std::string(source), std::string(key)});
  return set == values_.end() ? std::string(option->fallback) : set->second;
}

std::size_t HostOptions::number(std::string_view source, std::string_view key) const {
  return static_cast<std::size_t>(parse_int(get(source, key)).value_or(0));
}

std::vector<std::string> HostOptions::texts(std::string_view source, std::string_view key) const {
  std::vector<std::string> out;
  std::istringstream all(get(source, key));
  for (std::string one; std::getline(all, one, ',');) {
    if (!one.empty()) out.push_back(one);
  }
  return out;
}

Exclude HostOptions::filter(std::string_view source, std::string_view what) const {
  return Exclude(get(source, fmt::format("{}_exclude", what)), get(source, fmt::format("{}_include", what)));
}

}  // namespace tacho::sampler
