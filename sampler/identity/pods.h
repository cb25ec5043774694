// The node's pods as Kubernetes describes them: who they are, their labels, when their containers began and ended.
//
// Shape    a v1.PodList in JSON, of the kubelet's /pods or of the API server; what is not read here is passed over.
// Units    TimeMs. Kubernetes writes whole seconds, rounded down.
// Errors   no JSON, no list, more than kPodsMax pods. A pod without uid or name is left out.
// Bounds   nesting of 64; values as they come, the body is bounded by who fetches it.
// Threads  values.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/base/clock.h"
#include "proto/base/error.h"
#include "sampler/identity/label_map.h"

namespace tacho::sampler {

struct ContainerStatus {
  std::string name;
  std::string id;  // as in cgroup paths: "containerd://<64 hex>" without what stands before; "": none yet
  bool running = false;
  std::optional<TimeMs> started;   // of its first start that is told
  std::optional<TimeMs> finished;  // of its last run, where it does not run
};

struct Pod {
  std::string uid;
  std::string cgroup_uid;  // as its cgroup's name has it; another than uid for static pods that the API server describes
  std::string name;
  std::string name_space;
  KeyValues labels;
  KeyValues annotations;
  bool ended = false;                       // Succeeded or Failed: it will not run again
  TimeMs created = 0;                       // 0: not told
  std::vector<ContainerStatus> containers;  // init and ephemeral containers too

  // Of a container, or with "" of any: the earliest start, the latest end.
  std::optional<TimeMs> started(std::string_view container) const;
  std::optional<TimeMs> finished(std::string_view container) const;
};

struct PodList {
  std::vector<Pod> pods;
  std::string next;  // of a list in parts, what to ask for the next one with; "": it was the last
};

// Two pods have never one cgroup: who claims another's is taken out, first who does so by an annotation. Tells of them, "NAMESPACE/NAME".
std::vector<std::string> drop_twins(std::vector<Pod>& pods);

Result<PodList> parse_pods(std::string_view json);

}  // namespace tacho::sampler
