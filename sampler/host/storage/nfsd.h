// What NFS clients ask of this machine: node_nfsd_*.
//
// Source   PROCFS/net/rpc/nfsd (rpc_counters.h), which is there while the server's module is loaded. Of NFSv4's operations those
//          that node_exporter shows.
// Old      the read-ahead cache, which kernels since 5.4 do not have, is not there on those; node_exporter shows 0.
#pragma once

#include "sampler/host/storage/rpc_counters.h"
#include "sampler/source.h"

namespace tacho::sampler {

class NfsdSource : public Source {
 public:
  explicit NfsdSource(const Roots& roots) : counters_(roots, "rpc/nfsd", "node_nfsd_requests_total") {}

  std::string_view name() const override { return "nfsd"; }
  Result<void> describe(store::Schema& schema) override;
  Result<Sampled> sample(Row& row) override { return counters_.sample(row); }

 private:
  RpcCounters counters_;
};

}  // namespace tacho::sampler
