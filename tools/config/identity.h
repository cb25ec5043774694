// The section identity of the configuration: whose the samples are, where the agent runs in the pod or the job it samples.
//
//   identity:
//     downward_api: /etc/podinfo     # the default, where there is such a folder; off: none
//     style: short                   # or kube-state-metrics: label_volcano_sh_job_name
//     snake_case: true               # of names that are made of keys
//     labels:                        # keys of the pod's labels and annotations
//       team.example.com/name: team  # under this name
//       team.example.com/*: keep     # under a name that is made of the key
//       tenant.id: drop
//     env: {RUN_ID: run_id}          # environment variables; drop: not one of the usual ones
//     slurm: true                    # Slurm's variables, in a job of Slurm's
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sampler/identity/pod_identity.h"
#include "tools/config/attribution.h"

namespace tacho::tools {

class Section;

struct IdentityConfig {
  std::optional<std::string> downward_api;  // absent: the usual folder where it exists; "": none
  sampler::LabelMapOptions map;
  std::vector<sampler::EnvironmentLabel> environment;  // a label of "": this variable is not used
  bool slurm = true;
  AttributionConfig attribution;  // of the node's pods and jobs
};

void read_identity(Section& file, IdentityConfig& config);

// As the producer takes it: of this machine's folders, and the usual variables where there is a pod.
sampler::PodIdentityOptions pod_identity_options(const IdentityConfig& config, const sampler::Roots& roots = {});

}  // namespace tacho::tools
