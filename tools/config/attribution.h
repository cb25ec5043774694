// The part of identity: that is about a node's pods and jobs, not the agent's own: DaemonSet mode.
//
//   identity:
//     mode: auto                     # sidecar: the agent's own pod or job; daemonset: each of the node's; off
//     kubelet_socket: /var/lib/kubelet/pod-resources/kubelet.sock
//     pods: {kubelet: 'https://${NODE_IP}:10250/pods'}      # or {api_server: true}, or false: not it; token_file, ca_file, insecure_skip_verify; off
//     slurm_job_mapping: /run/slurm-jobs                    # dcgm-exporter's folder
//
// Auto     is daemonset where the folder of the kubelet's socket is there, which is nothing for a sidecar to have; and there is a
//          slurm_job_mapping without it. Else sidecar.
#pragma once

#include <optional>
#include <string>

#include "sampler/identity/attribution.h"
#include "sampler/source.h"

namespace tacho::tools {

class Section;

enum class IdentityMode { automatic, sidecar, daemonset, off };

struct AttributionConfig {
  IdentityMode mode = IdentityMode::automatic;
  std::optional<std::string> kubelet_socket;  // absent: the usual one
  sampler::PodClientOptions pods;
  std::string slurm_job_mapping;
};

// The keys of `identity` that are its own; the section goes on being read.
void read_attribution(Section& identity, AttributionConfig& config);

// Of `auto` what it is and why, for the log; "" where the mode was told.
std::string chosen_mode(const AttributionConfig& config, const sampler::Roots& roots);
// Whether the agent tells its own pod's labels of all that it samples.
bool is_sidecar(const AttributionConfig& config, const sampler::Roots& roots);
// Nothing: it tells of no others.
std::optional<sampler::AttributionOptions> attribution_options(const AttributionConfig& config,
                                                               const sampler::LabelMapOptions& map, const sampler::Roots& roots);

}  // namespace tacho::tools
