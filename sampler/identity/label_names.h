// Label names made of Kubernetes' keys, as kube-state-metrics makes them.
//
//   app.kubernetes.io/instanceName -> label_app_kubernetes_io_instance_name
//
// Threads  pure functions.   Source  kube-state-metrics' documentation of kube_pod_labels; its snake case is a choice here, because
//          Prometheus's own discovery keeps the case.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tacho::sampler {

// What is none of [a-zA-Z0-9_] is '_'; in snake case a capital letter behind a small one or a digit begins a word, and all are small.
std::string sanitised(std::string_view key, bool snake_case);

// For each key (sorted) its name with the prefix and '_'; keys that would have one name are all numbered: _conflict1, _conflict2, ...
std::vector<std::string> label_names(std::string_view prefix, const std::vector<std::string_view>& keys, bool snake_case);

}  // namespace tacho::sampler
