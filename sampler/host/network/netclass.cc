#include "sampler/host/network/netclass.h"

#include <fcntl.h>
#include <unistd.h>

#include <charconv>
#include <iterator>

#include "proto/base/file.h"
#include "sampler/text_scan.h"

namespace tacho::sampler {
namespace {

struct Number {
  std::string_view file;
  std::string_view metric;
  std::int64_t factor = 1;
  bool may_be_negative = false;
};

constexpr std::int64_t kBytesPerMegabit = 125'000;

constexpr Number kNumbers[] = {
    {"addr_assign_type", "node_network_address_assign_type"},
    {"carrier", "node_network_carrier"},
    {"carrier_changes", "node_network_carrier_changes_total"},
    {"carrier_up_count", "node_network_carrier_up_changes_total"},
    {"carrier_down_count", "node_network_carrier_down_changes_total"},
    {"dev_id", "node_network_device_id"},
    {"dormant", "node_network_dormant"},
    {"flags", "node_network_flags"},
    {"ifindex", "node_network_iface_id"},
    {"iflink", "node_network_iface_link"},
    {"link_mode", "node_network_iface_link_mode"},
    {"mtu", "node_network_mtu_bytes"},
    {"name_assign_type", "node_network_name_assign_type"},
    {"netdev_group", "node_network_net_dev_group"},
    {"speed", "node_network_speed_bytes", kBytesPerMegabit, true},
    {"tx_queue_len", "node_network_transmit_queue_length"},
    {"type", "node_network_protocol_type"},
};
constexpr std::size_t kFlags = 7;
static_assert(kNumbers[kFlags].file == "flags");
constexpr std::size_t kSpeed = 14;
static_assert(kNumbers[kSpeed].file == "speed");

// Files and labels have the same names.
constexpr std::string_view kWords[] = {"address", "broadcast", "duplex", "operstate", "ifalias"};
constexpr std::size_t kOperState = 3;
static_assert(kWords[kOperState] == "operstate");

constexpr std::int64_t kIffUp = 1;

// "1500", "0x1003", and "-1" where that means unknown; of a line that may have been cut nothing is believed.
std::optional<std::int64_t> number_in(std::string_view text, bool may_be_negative) {
  Lines lines(text);
  if (!lines.next()) return std::nullopt;
  std::string_view rest = lines.line();
  std::string_view digits = take_word(rest);
  int base = 10;
  if (digits.starts_with("0x")) {
    digits.remove_prefix(2);
    base = 16;
  }
  std::int64_t value = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  if (value < 0 && !may_be_negative) return std::nullopt;
  return value;
}

}  // namespace

// What the file says; empty when it cannot be read. The text stays valid until the next call.
std::string_view NetclassSource::attribute(const std::string& device, std::string_view file) {
  path_.assign(listed_.folder()).append("/").append(device).append("/").append(file);
  const Fd fd(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return {};
  const ssize_t length = ::pread(fd.get(), buffer_.data(), buffer_.size(), 0);
  return {buffer_.data(), length > 0 ? static_cast<std::size_t>(length) : 0};
}

void NetclassSource::read(const std::string& device) {
  static_assert(std::size(kNumbers) == kNumberCount && std::size(kWords) == kWordCount);
  for (std::size_t i = 0; i < kNumberCount; ++i) {
    now_.numbers[i] = number_in(attribute(device, kNumbers[i].file), kNumbers[i].may_be_negative);
  }
  if (ignore_invalid_speed_ && now_.numbers[kSpeed] < 0) now_.numbers[kSpeed].reset();
  for (std::size_t i = 0; i < kWordCount; ++i) now_.words[i].assign(trimmed(attribute(device, kWords[i])));
  const std::optional<std::int64_t> flags = now_.numbers[kFlags];
  now_.admin_state = !flags ? "unknown" : *flags & kIffUp ? "up" : "down";
}

Result<void> NetclassSource::describe(store::Schema& schema) {
  Result<std::vector<std::string>> names = listed_.list();
  if (!names) return std::unexpected(names.error());
  SchemaBuilder builder(schema);
  std::vector<Device> devices;
  for (std::string& name : *names) {
    read(name);
    Device device{.name = std::move(name), .described = now_};
    if (!now_.words[kOperState].empty()) device.up_column = builder.add("node_network_up", {{"device", device.name}});
    std::vector<Label> labels{{"device", device.name}, {"adminstate", std::string(now_.admin_state)}};
    for (std::size_t i = 0; i < kWordCount; ++i) labels.push_back({std::string(kWords[i]), now_.words[i]});
    device.info_column = builder.add("node_network_info", std::move(labels));
    for (std::size_t i = 0; i < kNumberCount; ++i) {
      device.columns[i] = now_.numbers[i] ? builder.add(kNumbers[i].metric, {{"device", device.name}}) : kNoColumn;
    }
    devices.push_back(std::move(device));
  }
  if (devices.empty()) return failure("{} has no interface that is shown", listed_.folder());
  devices_ = std::move(devices);
  return {};
}

Result<Sampled> NetclassSource::sample(Row& row) {
  const Result<bool> unchanged = listed_.unchanged();
  if (!unchanged) return std::unexpected(unchanged.error());
  if (!*unchanged) return Sampled::layout_changed;
  for (const Device& device : devices_) {
    read(device.name);
    if (now_.words != device.described.words || now_.admin_state != device.described.admin_state) {
      return Sampled::layout_changed;
    }
    put(row, device.up_column, now_.words[kOperState] == "up" ? 1.0 : 0.0);
    put(row, device.info_column, 1.0);
    for (std::size_t i = 0; i < kNumberCount; ++i) {
      if (!now_.numbers[i]) continue;
      if (device.columns[i] == kNoColumn) return Sampled::layout_changed;
      put(row, device.columns[i], static_cast<double>(*now_.numbers[i]) * static_cast<double>(kNumbers[i].factor));
    }
  }
  return Sampled::ok;
}

}  // namespace tacho::sampler
