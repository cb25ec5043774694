// Counters of IP, ICMP, TCP and UDP: node_netstat_*, untyped and under the kernel's own names.
//
// Source   PROCFS/net/netstat and snmp (a line of names above a line of values), and snmp6, where the "6" ends the protocol's
//          name: Ip6InOctets is Ip6_InOctets. Of their four hundred counters those that node_exporter 1.12 keeps by default.
//          A file that is not there (snmp6 without IPv6) is left out.
// Space    the network namespace that net_file.h says.
// Units    InOctets and OutOctets are bytes, the others packets or events; nothing is converted.
#pragma once

#include <optional>

#include "sampler/host/keyed_lines.h"
#include "sampler/host/net_file.h"
#include "sampler/host/paired_lines.h"
#include "sampler/source.h"

namespace tacho::sampler {

class NetstatSource : public Source {
 public:
  explicit NetstatSource(const Roots& roots)
      : pairs_{{NetFile(roots, "netstat"), {}, false}, {NetFile(roots, "snmp"), {}, false}}, snmp6_(roots, "snmp6") {}

  std::string_view name() const override { return "netstat"; }
  Result<void> describe(store::Schema& schema) override;
  Result<Sampled> sample(Row& row) override;

 private:
  struct PairedFile {
    NetFile file;
    PairedLines lines;
    bool there = false;
  };

  PairedFile pairs_[2];
  NetFile snmp6_;
  KeyedLines snmp6_lines_;
  bool snmp6_there_ = false;
};

}  // namespace tacho::sampler
