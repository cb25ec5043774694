#include "sampler/host/network/arp.h"

#include <algorithm>

#include "sampler/text_scan.h"

namespace tacho::sampler {
namespace {

// IP address       HW type     Flags       HW address            Mask     Device
// 192.0.2.1        0x1         0x2         02:00:5e:00:53:01     *        eth0
constexpr int kWordsBefore = 5;

// "" for the header and for a line without a device.
std::string_view device_of(std::string_view line) {
  if (line.starts_with("IP address")) return {};
  for (int i = 0; i < kWordsBefore; ++i) take_word(line);
  return take_word(line);
}

}  // namespace

ArpSource::Device* ArpSource::find(std::string_view name) {
  auto it = std::find_if(devices_.begin(), devices_.end(), [&](const Device& device) { return device.name == name; });
  return it == devices_.end() ? nullptr : &*it;
}

Result<void> ArpSource::describe(store::Schema& schema) {
  Result<std::string_view> text = file_.choose();
  if (!text) return std::unexpected(text.error());
  SchemaBuilder builder(schema);
  const std::size_t before = schema.size();
  devices_.clear();
  for (Lines lines(*text); lines.next() && lines.whole();) {
    const std::string_view name = device_of(lines.line());
    if (name.empty() || find(name)) continue;
    Device device{.name = std::string(name)};
    if (!exclude_(name)) device.column = builder.add("node_arp_entries", {{"device", device.name}});
    devices_.push_back(std::move(device));
  }
  if (schema.size() == before) return failure("{} has no entry", file_.path());
  return {};
}

Result<Sampled> ArpSource::sample(Row& row) {
  Result<std::string_view> text = file_.read();
  if (!text) return std::unexpected(text.error());
  for (Device& device : devices_) device.entries = 0;
  Device* device = nullptr;
  for (Lines lines(*text); lines.next();) {
    if (!lines.whole()) return Sampled::ok;
    const std::string_view name = device_of(lines.line());
    if (name.empty()) continue;
    // Neighbours of one device mostly stand together.
    if (!device || device->name != name) device = find(name);
    if (!device) return Sampled::layout_changed;
    ++device->entries;
  }
  for (const Device& counted : devices_) {
    if (counted.entries > 0) put(row, counted.column, static_cast<double>(counted.entries));
  }
  return Sampled::ok;
}

}  // namespace tacho::sampler
