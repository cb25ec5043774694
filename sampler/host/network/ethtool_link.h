// What modes the links of network interfaces could have and offer, which node_exporter's collector ethtool shows too:
// node_network_{supported,advertised}_*, node_network_autonegotiate.
//
// Source   ETHTOOL_GLINKSETTINGS of the interfaces in SYSFS/class/net; ETHTOOL_GSET on kernels before 4.6.
// More     than node_exporter, which asks ETHTOOL_GSET: it has 32 bits, and the last of them is 25 Gb/s.
// Space    the network namespace of this process; the interfaces' names are those of the namespace SYSFS was mounted for.
// Off      by default: some dozens of series a port that change with its cable. It has its own thread, as all that asks drivers; once
//          a minute.
// Layout   other modes are other series, thus another layout.
// Errors   an interface that does not answer leaves its cells absent, the others go on.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sampler/catalogue.h"
#include "sampler/host/network/ethtool_call.h"
#include "sampler/host/network/net_devices.h"
#include "sampler/source.h"

namespace tacho::sampler {

class EthtoolLinkSource : public Source {
 public:
  explicit EthtoolLinkSource(const Roots& roots, EthtoolCall call = system_ethtool(), Exclude devices = Exclude(kNetdevExclude))
      : listed_(roots, std::move(devices)), ethtool_(std::move(call)) {}

  std::string_view name() const override { return "ethtool_link"; }
  std::int64_t default_interval_ms() const override { return 60'000; }
  bool may_block() const override { return true; }
  bool on_by_default() const override { return false; }
  Result<void> describe(store::Schema& schema) override;
  Result<Sampled> sample(Row& row) override;

 private:
  struct Constant {
    std::size_t column;
    double value;
  };
  struct Device {
    std::string name;
    std::optional<Ethtool::Link> link;  // as described; none if it did not answer
    std::size_t autonegotiate_column;
    std::vector<Constant> constants;  // what follows from the modes
  };

  static void describe_modes(SchemaBuilder& builder, Device& device,
                             const std::array<std::uint32_t, Ethtool::kLinkWordsMax>& modes, std::string_view how);

  NetDevices listed_;
  Ethtool ethtool_;
  std::vector<Device> devices_;
};

}  // namespace tacho::sampler
