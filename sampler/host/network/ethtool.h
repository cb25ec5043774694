// What the drivers of network interfaces count: node_ethtool_*, above all flow control (PFC) and the wire's errors, which
// decide how RDMA over Ethernet goes and stand nowhere else.
//
// Source   ETHTOOL_GSTATS and ETHTOOL_GSTRINGS, what `ethtool -S` shows, of the interfaces in SYSFS/class/net; node_ethtool_info from
//          ETHTOOL_GDRVINFO (`ethtool -i`).
// Names    node_exporter's (ethtool_names.h), one for each priority: node_ethtool_received_prio3_pause. Two counters of an interface that would
//          become the same metric are both left out, as there. A name with other characters than letters, digits and underscores has its
//          value here; node_exporter shows 0 for it.
// Which    of an interface's counters, which may be 19,000, those of kEthtoolInclude; node_exporter shows all of them, and so does this
//          source with the pattern ".*". It is on by default for what most nodes have few of: interfaces of virtual machines have none of them.
// Space    the network namespace of this process, which must be the one SYSFS was mounted for: in a container, the host's.
// Layout   names and driver are compared at every tenth tick, their number at every one, other interfaces at once.
// Cost     a question an interface, which a firmware answers in up to some milliseconds: this source has its own thread. 8 ports
//          of mlx5 are some 800 series.
// Errors   an interface that does not answer leaves its cells absent, the others go on; one that has no driver's counters (lo) has no series.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sampler/host/network/ethtool_call.h"
#include "sampler/host/network/ethtool_names.h"
#include "sampler/host/network/net_devices.h"
#include "sampler/source.h"

namespace tacho::sampler {

class SchemaBuilder;

class EthtoolSource : public Source {
 public:
  static constexpr unsigned kTicksPerCheck = 10;

  explicit EthtoolSource(const Roots& roots, EthtoolCall call = system_ethtool(), Exclude devices = Exclude(kNetdevExclude),
                         Exclude counters = Exclude::all_but(kEthtoolInclude))
      : listed_(roots, std::move(devices)), ethtool_(std::move(call)), left_out_(std::move(counters)) {}

  std::string_view name() const override { return "ethtool"; }
  bool may_block() const override { return true; }
  Result<void> describe(store::Schema& schema) override;
  Result<Sampled> sample(Row& row) override;

 private:
  struct Counter {
    std::size_t index;  // among the driver's
    std::size_t column;
  };
  struct Device {
    std::string name;
    std::uint64_t print = 0;        // of driver and names
    std::size_t counter_count = 0;  // of the driver's
    bool answers = true;            // its counters could be read, or it has none
    std::size_t info_column;
    std::vector<Counter> counters;  // those shown
  };

  Device describe_device(SchemaBuilder& builder, const std::string& name);
  void describe_counters(SchemaBuilder& builder, Device& device, std::span<const char> names);
  std::uint64_t print(const std::string& device);

  NetDevices listed_;
  Ethtool ethtool_;
  Exclude left_out_;  // counters
  std::vector<Device> devices_;
  unsigned ticks_ = 0;
};

}  // namespace tacho::sampler
