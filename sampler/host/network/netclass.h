// What the kernel says of each network interface itself: node_network_up, node_network_info, node_network_carrier, ...
//
// Source   the files of SYSFS/class/net/DEVICE. A file that cannot be read (speed and carrier of an interface that is down answer
//          EINVAL) has no series; that it can be read again changes the layout.
// Labels   node_network_info has the words: address, broadcast, duplex, operstate, adminstate, ifalias. A link that goes down is
//          thus a new layout; node_network_up and the counters of carrier changes keep their series.
// Units    speed is in megabits, and becomes bytes a second; unknown is -1 there, thus -125000 here, as in node_exporter.
// Devices  and their network namespace: as host/net_devices.h says.
// Blocks   speed, duplex and carrier wait for the lock that a driver holds while it resets its device, for seconds: this source
//          has its own thread, and by default 10 s between ticks.
// Cost     22 files a device, opened and closed each time, some 7 us each: open ones would be hundreds of descriptors.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sampler/cells.h"
#include "sampler/host/network/net_devices.h"
#include "sampler/source.h"

namespace tacho::sampler {

class NetclassSource : public Source {
 public:
  explicit NetclassSource(const Roots& roots, Exclude exclude = Exclude(kNetdevExclude), bool ignore_invalid_speed = false)
      : listed_(roots, std::move(exclude)), ignore_invalid_speed_(ignore_invalid_speed) {}

  std::string_view name() const override { return "netclass"; }
  std::int64_t default_interval_ms() const override { return 10'000; }
  bool may_block() const override { return true; }
  Result<void> describe(store::Schema& schema) override;
  Result<Sampled> sample(Row& row) override;

 private:
  static constexpr std::size_t kNumberCount = 17;
  static constexpr std::size_t kWordCount = 5;

  // Of a device what one reading gave. Words that could not be read are empty.
  struct Reading {
    std::array<std::optional<std::int64_t>, kNumberCount> numbers;
    std::array<std::string, kWordCount> words;
    std::string_view admin_state;
  };
  struct Device {
    std::string name;
    Reading described;
    std::size_t up_column = kNoColumn;
    std::size_t info_column = kNoColumn;
    std::array<std::size_t, kNumberCount> columns{};
  };

  std::string_view attribute(const std::string& device, std::string_view file);
  void read(const std::string& device);

  NetDevices listed_;
  bool ignore_invalid_speed_;  // node_network_speed_bytes is absent, not -125000, where the speed is unknown
  std::vector<Device> devices_;
  // Kept between ticks for their memory.
  std::string path_;
  std::array<char, 1024> buffer_{};  // more than any of these files: an alias has at most 256 bytes
  Reading now_;
};

}  // namespace tacho::sampler
