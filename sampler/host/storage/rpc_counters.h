// The counters of NFS over the whole machine, as PROCFS/net/rpc/nfs (the client's) and nfsd (the server's) have them: what the
// sources nfs and nfsd are made of.
//
// Source   lines of a key and numbers. Those of procedures ("proc4 69 0 12 ...") begin with how many follow.
// Space    the network namespace that net_file.h says.
// Honesty  a procedure that this kernel does not count has no series; node_exporter shows 0.
// Cost     the kernel sums over all CPUs; one read a tick.
// Threads  one.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "sampler/host/keyed_lines.h"
#include "sampler/host/network/net_file.h"
#include "sampler/source.h"

namespace tacho::sampler {

// What one number of a line is; no metric: it is not shown.
struct RpcField {
  std::string_view metric;
  std::string_view label = {};
  std::string_view value = {};
};

struct RpcLine {
  std::string_view key;
  std::span<const RpcField> fields;
};

// A line of procedures: their names, from the first on; "" for one that is not shown.
struct RpcProcedures {
  std::string_view key;
  std::string_view proto;  // the label's value
  std::span<const std::string_view> methods;
  bool counted = true;  // how many follow stands before them
};

class RpcCounters {
 public:
  RpcCounters(const Roots& roots, std::string_view file, std::string_view requests_metric)
      : file_(roots, file), requests_metric_(requests_metric) {}

  Result<void> describe(store::Schema& schema, std::span<const RpcLine> lines, std::span<const RpcProcedures> procedures);
  Result<Sampled> sample(Row& row);

 private:
  NetFile file_;
  std::string_view requests_metric_;
  KeyedLines lines_;
};

}  // namespace tacho::sampler
