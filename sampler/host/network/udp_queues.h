// Bytes that wait in the queues of all UDP sockets: node_udp_queues{queue,ip}.
//
// Source   PROCFS/net/udp and udp6: a line for each socket, with "tx_queue:rx_queue" in hexadecimal as its fifth word. A file
//          that is not there (udp6 without IPv6) is left out.
// Space    the network namespace that net_file.h says.
// Cost     grows with the sockets, about 130 bytes of text each.
// Odd text the sum of a file that was cut, or in which one line cannot be read, would be too small: its cells stay absent.
#pragma once

#include "sampler/cells.h"
#include "sampler/host/network/net_file.h"
#include "sampler/source.h"

namespace tacho::sampler {

class UdpQueuesSource : public Source {
 public:
  explicit UdpQueuesSource(const Roots& roots) : files_{{NetFile(roots, "udp"), "v4"}, {NetFile(roots, "udp6"), "v6"}} {}

  std::string_view name() const override { return "udp_queues"; }
  Result<void> describe(store::Schema& schema) override;
  Result<Sampled> sample(Row& row) override;

 private:
  struct File {
    NetFile file;
    std::string_view ip;
    bool there = false;
    std::size_t tx_column = kNoColumn;
    std::size_t rx_column = kNoColumn;
  };

  File files_[2];
};

}  // namespace tacho::sampler
