#include "sampler/host/network/netdev.h"

#include "sampler/cells.h"
#include "sampler/text_scan.h"

namespace tacho::sampler {
namespace {

// In the file's order.
constexpr std::string_view kMetrics[] = {
    "node_network_receive_bytes_total",       "node_network_receive_packets_total",   "node_network_receive_errs_total",
    "node_network_receive_drop_total",        "node_network_receive_fifo_total",      "node_network_receive_frame_total",
    "node_network_receive_compressed_total",  "node_network_receive_multicast_total", "node_network_transmit_bytes_total",
    "node_network_transmit_packets_total",    "node_network_transmit_errs_total",     "node_network_transmit_drop_total",
    "node_network_transmit_fifo_total",       "node_network_transmit_colls_total",    "node_network_transmit_carrier_total",
    "node_network_transmit_compressed_total",
};

bool is_header(std::string_view line) { return line.find('|') != std::string_view::npos; }

// Old kernels put no blank behind the colon, and a name may have colons of its own: the last one ends it.
std::string_view key_of(std::string_view line) {
  std::size_t colon = line.rfind(':');
  return colon == std::string_view::npos ? std::string_view{} : line.substr(0, colon + 1);
}

}  // namespace

NetdevSource::NetdevSource(const Roots& roots, Exclude exclude)
    : file_(roots, "dev"), sysfs_(roots.sysfs), exclude_(std::move(exclude)) {}

Result<void> NetdevSource::describe(store::Schema& schema) {
  Result<std::string_view> text = file_.choose();
  if (!text) return std::unexpected(text.error());
  SchemaBuilder builder(schema);
  std::vector<Device> devices;
  for (Lines lines(*text); lines.next() && lines.whole();) {
    if (is_header(lines.line())) continue;
    Device device{.key = std::string(key_of(lines.line()))};
    std::string_view name_part = device.key;
    skip_blanks(name_part);
    if (!name_part.empty()) name_part.remove_suffix(1);
    const std::string name(name_part);
    device.columns.fill(kNoColumn);
    device.shown = !name.empty() && !exclude_(name);
    if (device.shown) {
      for (std::size_t i = 0; i < kFieldCount; ++i) device.columns[i] = builder.add(kMetrics[i], {{"device", name}});
      KernelFile nohandler(sysfs_ + "/class/net/" + name + "/statistics/rx_nohandler");
      if (nohandler.read()) {
        device.nohandler.emplace(std::move(nohandler));
        device.nohandler_column = builder.add("node_network_receive_nohandler_total", {{"device", name}});
      }
    }
    devices.push_back(std::move(device));
  }
  if (devices.empty()) return failure("{} has no line of an interface", file_.path());
  devices_ = std::move(devices);
  return {};
}

Result<Sampled> NetdevSource::sample(Row& row) {
  Result<std::string_view> text = file_.read();
  if (!text) return std::unexpected(text.error());
  std::size_t i = 0;
  bool cut = false;
  for (Lines lines(*text); lines.next();) {
    cut = !lines.whole();
    std::string_view line = lines.line();
    if (is_header(line)) continue;
    if (i == devices_.size() || !line.starts_with(devices_[i].key) || key_of(line).size() != devices_[i].key.size()) {
      if (cut) break;
      return Sampled::layout_changed;
    }
    Device& device = devices_[i++];
    if (!device.shown) continue;
    std::string_view rest = line.substr(device.key.size());
    for (std::size_t column : device.columns) put(row, column, take_u64(rest));
    if (!device.nohandler) continue;
    if (Result<std::string_view> count = device.nohandler->read()) {
      Lines one(*count);
      std::string_view digits = one.next() ? one.line() : std::string_view{};
      put(row, device.nohandler_column, take_u64(digits));
    }
  }
  return i == devices_.size() || cut ? Sampled::ok : Sampled::layout_changed;
}

}  // namespace tacho::sampler
