// Network interfaces: node_network_{receive,transmit}_*_total.
//
// Source   /proc/net/dev, whose columns the kernel already folds the way node_exporter does: drop contains missed packets,
//          frame the length, overrun, checksum and alignment errors, carrier the abort, window and heartbeat errors.
//          receive_nohandler comes from SYSFS/class/net/DEVICE/statistics/rx_nohandler, where there is one.
// Space    the network namespace that net_file.h says.
// Devices  all but the host ends of pods' and containers' interfaces (veth*, cali*, lxc*), of which a node has hundreds that come
//          and go; node_exporter shows those. Debian 12's package hides lo, node_exporter itself and this source do not.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "sampler/host/filter.h"
#include "sampler/host/network/net_file.h"
#include "sampler/kernel_file.h"
#include "sampler/source.h"

namespace tacho::sampler {

inline constexpr char kNetdevExclude[] = R"(^(veth.+|cali[0-9a-f]{11}|lxc[0-9a-f]{12}|lxc_health)$)";

class NetdevSource : public Source {
 public:
  explicit NetdevSource(const Roots& roots, Exclude exclude = Exclude(kNetdevExclude));

  std::string_view name() const override { return "netdev"; }
  Result<void> describe(store::Schema& schema) override;
  Result<Sampled> sample(Row& row) override;

 private:
  static constexpr std::size_t kFieldCount = 16;

  struct Device {
    std::string key;  // the line up to and with the colon behind the name
    bool shown = false;
    std::array<std::size_t, kFieldCount> columns{};
    std::optional<KernelFile> nohandler;
    std::size_t nohandler_column = static_cast<std::size_t>(-1);
  };

  NetFile file_;
  std::string sysfs_;
  Exclude exclude_;
  std::vector<Device> devices_;
};

}  // namespace tacho::sampler
