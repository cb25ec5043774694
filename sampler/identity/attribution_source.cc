#include "sampler/identity/attribution_source.h"

#include <map>

#include "sampler/catalogue.h"
#include "sampler/cells.h"

namespace tacho::sampler {

Result<void> AttributionSource::describe(store::Schema& schema) {
  SchemaBuilder builder(schema);
  devices_.clear();
  counts_.clear();
  // The version first: what is published between the two is described once more.
  described_ = board_->version();
  const auto rows = board_->rows();
  // A node whose cards have not answered yet has the one that counts them all.
  std::map<std::string_view, double> counts{{name_of(AttributionReason::attributed), 0}};
  for (const Held& held : *rows) {
    const DeviceScope& d = held.device;
    ++counts[name_of(held.reason)];
    devices_.push_back(builder.add("tacho_device_attribution_info", {{"vendor", d.vendor},
                                                                     {"accel", d.accel},
                                                                     {"uuid", d.uuid},
                                                                     {"pci_bus_id", d.pci_bus_id},
                                                                     {"partition", d.partition},
                                                                     {"reason", std::string(name_of(held.reason))}}));
  }
  for (const auto& [reason, devices] : counts)
    counts_.push_back({builder.add("tacho_device_attribution_devices", {{"reason", std::string(reason)}}), devices});
  return {};
}

Result<Sampled> AttributionSource::sample(Row& row) {
  if (board_->version() != described_) return Sampled::layout_changed;
  for (const std::size_t column : devices_) put(row, column, 1.0);
  for (const Count& count : counts_) put(row, count.column, count.devices);
  return Sampled::ok;
}

}  // namespace tacho::sampler
