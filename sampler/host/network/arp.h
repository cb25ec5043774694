// Neighbours the kernel knows by IPv4: node_arp_entries{device}.
//
// Source   PROCFS/net/arp: a line for each neighbour, the device being its last word. Linux leaves out those that need no ARP.
// Space    the network namespace that net_file.h says.
// Devices  those that netdev shows. One whose last entry has gone keeps its series, with absent cells, as node_exporter shows
//          nothing then: entries come and go by the second, and layouts should not.
// Odd text the count of a text that was cut would be too small: the row's cells stay absent.
// Not here node_arp_states, which 1.12 has from rtnetlink; the file does not tell these states.
#pragma once

#include <string>
#include <vector>

#include "sampler/cells.h"
#include "sampler/host/filter.h"
#include "sampler/host/network/net_file.h"
#include "sampler/host/network/netdev.h"
#include "sampler/source.h"

namespace tacho::sampler {

class ArpSource : public Source {
 public:
  explicit ArpSource(const Roots& roots, Exclude exclude = Exclude(kNetdevExclude))
      : file_(roots, "arp"), exclude_(std::move(exclude)) {}

  std::string_view name() const override { return "arp"; }
  Result<void> describe(store::Schema& schema) override;
  Result<Sampled> sample(Row& row) override;

 private:
  struct Device {
    std::string name;
    std::size_t column = kNoColumn;  // of one that is excluded none
    std::uint64_t entries = 0;       // of the text that is read
  };

  Device* find(std::string_view name);

  NetFile file_;
  Exclude exclude_;
  std::vector<Device> devices_;
};

}  // namespace tacho::sampler
