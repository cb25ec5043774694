// What this machine asks of NFS servers: node_nfs_*.
//
// Source   PROCFS/net/rpc/nfs, all mounts together (rpc_counters.h). The names of NFSv4's procedures are node_exporter's, in the
//          kernel's order (include/linux/nfs4.h, NFSPROC4_CLNT_*).
#pragma once

#include "sampler/host/storage/rpc_counters.h"
#include "sampler/source.h"

namespace tacho::sampler {

class NfsSource : public Source {
 public:
  explicit NfsSource(const Roots& roots) : counters_(roots, "rpc/nfs", "node_nfs_requests_total") {}

  std::string_view name() const override { return "nfs"; }
  Result<void> describe(store::Schema& schema) override;
  Result<Sampled> sample(Row& row) override { return counters_.sample(row); }

 private:
  RpcCounters counters_;
};

}  // namespace tacho::sampler
