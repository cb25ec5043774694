// Counters of IP, ICMP, TCP and UDP: node_netstat_*, untyped and under the kernel's own names.
//
// Source   PROCFS/net/netstat and snmp (a line of names above a line of values), and snmp6, where the "6" ends the protocol's
//          name: Ip6InOctets is Ip6_InOctets. Of their four hundred counters those that kNetstatFields matches: the default of node_exporter 1.12.
//          A file that is not there (snmp6 without IPv6) is left out.
// Space    the network namespace that net_file.h says.
// Units    InOctets and OutOctets are bytes, the others packets or events; nothing is converted.
#pragma once

#include <optional>

#include "sampler/host/filter.h"
#include "sampler/host/keyed_lines.h"
#include "sampler/host/network/net_file.h"
#include "sampler/host/paired_lines.h"
#include "sampler/source.h"

namespace tacho::sampler {

inline constexpr char kNetstatFields[] =
    "^(.*_(InErrors|InErrs)|Ip_Forwarding|Ip(6|Ext)_(InOctets|OutOctets)|Icmp6?_(InMsgs|OutMsgs)|"
    "TcpExt_(Listen.*|Syncookies.*|TCPSynRetrans|TCPTimeouts|TCPOFOQueue|TCPRcvQDrop)|"
    "Tcp_(ActiveOpens|InSegs|OutSegs|OutRsts|PassiveOpens|RetransSegs|CurrEstab)|"
    "Udp6?_(InDatagrams|OutDatagrams|NoPorts|RcvbufErrors|SndbufErrors))$";

class NetstatSource : public Source {
 public:
  explicit NetstatSource(const Roots& roots, Exclude left_out = Exclude::all_but(kNetstatFields))
      : pairs_{{NetFile(roots, "netstat"), {}, false}, {NetFile(roots, "snmp"), {}, false}},
        snmp6_(roots, "snmp6"),
        left_out_(std::move(left_out)) {}

  std::string_view name() const override { return "netstat"; }
  Result<void> describe(store::Schema& schema) override;
  Result<Sampled> sample(Row& row) override;

 private:
  struct PairedFile {
    NetFile file;
    PairedLines lines;
    bool there = false;
  };

  std::size_t column_of(SchemaBuilder& builder, std::string_view protocol, std::string_view name) const;

  PairedFile pairs_[2];
  NetFile snmp6_;
  KeyedLines snmp6_lines_;
  bool snmp6_there_ = false;
  Exclude left_out_;
};

}  // namespace tacho::sampler
