#include "sampler/host/network/ethtool.h"

#include <xxhash.h>

#include <cstring>
#include <map>
#include <optional>

#include "sampler/cells.h"
#include "sampler/short_text.h"

namespace tacho::sampler {
namespace {

std::uint64_t hash(std::span<const char> bytes, std::uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

std::string_view name_at(std::span<const char> names, std::size_t index) {
  const std::span<const char> bytes = names.subspan(index * Ethtool::kNameBytes, Ethtool::kNameBytes);
  return {bytes.data(), ::strnlen(bytes.data(), bytes.size())};
}

}  // namespace

// A number for what makes the layout: driver and names of the counters. 0 for an interface that does not say now.
std::uint64_t EthtoolSource::print(const std::string& device) {
  Ethtool::Driver driver;
  if (ethtool_.driver(device, driver) != 0) return 0;
  const std::uint64_t sum = hash(driver.bytes, 1);
  const std::size_t count = driver.counters;
  if (count == 0) return sum;
  std::span<const char> names;
  return ethtool_.names(device, count, names) == 0 ? hash(names, sum) : 0;
}

void EthtoolSource::describe_counters(SchemaBuilder& builder, Device& device, std::span<const char> names) {
  // By the name in the metric; nullopt if two counters would have it. Of equal raw names the last counts.
  std::map<std::string, std::optional<std::pair<std::string_view, std::size_t>>> shown;
  for (std::size_t i = 0; i < names.size() / Ethtool::kNameBytes; ++i) {
    const std::string_view raw = name_at(names, i);
    const std::string clean = ethtool_clean_name(raw);
    if (raw.empty() || left_out_(clean)) continue;
    std::string metric = ethtool_metric_name(clean);
    if (metric.empty()) continue;
    const auto [at, is_new] = shown.try_emplace(std::move(metric), std::pair{raw, i});
    if (is_new) continue;
    const bool again = at->second && at->second->first == raw;
    at->second = again ? std::optional(std::pair{raw, i}) : std::nullopt;
  }
  for (const auto& [metric, counter] : shown) {
    if (!counter) continue;
    device.counters.push_back({.index = counter->second, .column = builder.add(metric, {{"device", device.name}})});
  }
}

EthtoolSource::Device EthtoolSource::describe_device(SchemaBuilder& builder, const std::string& name) {
  Device device{.name = name, .info_column = kNoColumn, .counters = {}};
  Ethtool::Driver driver;
  if (ethtool_.driver(name, driver) != 0) return device;
  const std::uint64_t sum = hash(driver.bytes, 1);
  device.counter_count = driver.counters;
  device.info_column = builder.add("node_ethtool_info", {{"device", name},
                                                         {"driver", label_value(driver.driver)},
                                                         {"version", label_value(driver.version)},
                                                         {"firmware_version", label_value(driver.firmware)},
                                                         {"bus_info", label_value(driver.bus)},
                                                         {"expansion_rom_version", label_value(driver.expansion_rom)}});
  if (device.counter_count == 0) {
    device.print = sum;
    return device;
  }
  // One whose counters cannot be read, or are not as many as it says, has none until a check finds that it answers.
  std::span<const unsigned long long> values;
  device.answers = ethtool_.counters(name, device.counter_count, values) == 0;
  std::span<const char> names;
  if (ethtool_.names(name, device.counter_count, names) != 0) return device;
  device.print = hash(names, sum);
  if (!device.answers) return device;
  describe_counters(builder, device, names);
  return device;
}

Result<void> EthtoolSource::describe(store::Schema& schema) {
  const Result<std::vector<std::string>> names = listed_.list();
  if (!names) return std::unexpected(names.error());
  SchemaBuilder builder(schema);
  const std::size_t before = schema.size();
  devices_.clear();
  ticks_ = 0;
  for (const std::string& name : *names) devices_.push_back(describe_device(builder, name));
  if (schema.size() == before) return failure("no interface in {} has a driver that tells anything", listed_.folder());
  return {};
}

Result<Sampled> EthtoolSource::sample(Row& row) {
  const Result<bool> unchanged = listed_.unchanged();
  if (!unchanged) return std::unexpected(unchanged.error());
  if (!*unchanged) return Sampled::layout_changed;
  const bool check = ++ticks_ % kTicksPerCheck == 0;
  for (const Device& device : devices_) {
    const std::uint64_t now = check ? print(device.name) : 0;
    if (now != 0 && now != device.print) return Sampled::layout_changed;
    put(row, device.info_column, 1.0);
    if (device.counters.empty() && (device.answers || !check)) continue;
    std::span<const unsigned long long> values;
    const int error = ethtool_.counters(device.name, device.counter_count, values);
    if (device.answers ? error == ERANGE : error == 0) return Sampled::layout_changed;
    if (error) continue;
    for (const Counter& counter : device.counters) put(row, counter.column, static_cast<double>(values[counter.index]));
  }
  return Sampled::ok;
}

}  // namespace tacho::sampler
