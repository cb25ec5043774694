// The kernel's load balancer (IPVS), as kube-proxy uses it: node_ipvs_*.
//
// Source   PROCFS/net/ip_vs_stats, whose third line has the totals in hexadecimal, and PROCFS/net/ip_vs:
//
//              TCP  C0A80016:0CEA wlc
//                -> C0A85216:0CEA      Tunnel  100    248        2
//
//          a service, and below it its backends with weight, active and inactive connections. Addresses and ports are hexadecimal,
//          IPv6 in brackets; a service may be a mark of the firewall (FWM) in place of an address.
// Space    the network namespace that net_file.h says.
// Changes  backends come and go with pods: another list is another layout. Of equal ones the first is shown; node_exporter adds up.
// Odd      a service of another protocol is shown as such; node_exporter gives its backends to the service before it.
// Cost     the kernel writes a line for each backend, thousands on some nodes: every 10 s.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "sampler/host/network/net_file.h"
#include "sampler/source.h"

namespace tacho::sampler {

class IpvsSource : public Source {
 public:
  explicit IpvsSource(const Roots& roots) : stats_(roots, "ip_vs_stats"), list_(roots, "ip_vs") {}

  std::string_view name() const override { return "ipvs"; }
  std::int64_t default_interval_ms() const override { return 10'000; }
  Result<void> describe(store::Schema& schema) override;
  Result<Sampled> sample(Row& row) override;

 private:
  static constexpr std::size_t kTotalCount = 5;

  // A line of the list: its first two words, which say what it is.
  struct Entry {
    std::string kind;
    std::string address;
    std::size_t weight, active, inactive;  // of a backend
  };

  void describe_list(std::string_view text, class SchemaBuilder& builder);
  Sampled sample_list(std::string_view text, Row& row) const;

  NetFile stats_;
  NetFile list_;
  bool list_there_ = false;
  std::array<std::size_t, kTotalCount> totals_{};
  std::vector<Entry> entries_;
};

}  // namespace tacho::sampler
