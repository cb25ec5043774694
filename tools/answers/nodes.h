// Several nodes asked at once, and their answers made one: tacho query --nodes, tacho job --nodes.
//
// Shape    a list: HOST[:PORT] or a URL, between commas; a name that has several addresses is so many nodes; a file_sd file (YAML or JSON, its
//          targets and labels, as Prometheus has it) is the nodes in it. Each node is asked the same, as a client of its HTTP API, and each
//          series of its answer gets the label `node`: as it was asked for. One that it has by itself becomes exported_node.
// Errors   a list that cannot be read, by its entry or file:line. A node that does not answer is told beside the others' answers.
// Threads  ask_each(), ask_nodes(): any; it starts up to kNodesAtOnce of its own, and they have ended when it returns.
// Bounds   kNodesMax nodes.
#pragma once

#include <string>
#include <vector>

#include "proto/base/error.h"
#include "proto/base/labels.h"
#include "query/engine/result.h"
#include "tools/answers/remote.h"

namespace tacho::tools {

inline constexpr std::size_t kNodesMax = 1000;
inline constexpr std::size_t kNodesAtOnce = 32;

struct NodeAddress {
  std::string name;  // HOST:PORT, or what the file says
  std::string url;
  Labels labels;  // the file's
};

Result<std::vector<NodeAddress>> parse_nodes(const std::string& list);

// The body of each node's answer (remote.h: ask()), in their order. Each has timeout_ms.
std::vector<Result<std::string>> ask_each(const std::vector<NodeAddress>& nodes, const std::string& path, const Params& params,
                                          std::int64_t timeout_ms);

struct NodesAnswer {
  query::QueryResult result;        // of all that answered; a scalar becomes a series a node
  std::vector<std::string> silent;  // one sentence a node that did not, or not well
  std::size_t answered = 0;
};
// Each has timeout_ms.
NodesAnswer ask_nodes(const std::vector<NodeAddress>& nodes, const std::string& path, const Params& params,
                      std::int64_t timeout_ms);

}  // namespace tacho::tools
