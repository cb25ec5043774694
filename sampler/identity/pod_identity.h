// The identity of all that the agent samples, where it runs in the pod or the job whose samples they are: the downward API's labels and
// annotations by the label map, and environment variables.
//
// Shape    scope "pod", about every series. Of what gives one label the environment's named variables count first, then the pod's
//          labels, then Slurm's variables. Without anything to tell the scope is nobody's.
// Time     from the agent's start; what changes later from when the kubelet renamed its link.
// Threads  one owner; reads files.
// Errors   what cannot be read is logged when it begins and when what is wrong changes; the last identity stays in force.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sampler/identity/downward_api.h"
#include "sampler/identity/producer.h"

namespace tacho::sampler {

inline constexpr std::string_view kPodScope = "pod";

struct EnvironmentLabel {
  std::string variable;
  std::string label;
  bool operator==(const EnvironmentLabel&) const = default;
};

// POD_NAME, POD_NAMESPACE, POD_UID and NODE_NAME, as manifests usually name them.
std::vector<EnvironmentLabel> usual_environment();

struct PodIdentityOptions {
  std::string folder;  // of the downward API; empty: none
  std::vector<EnvironmentLabel> environment;
  bool slurm = true;  // Slurm's variables, where SLURM_JOB_ID is set
  LabelMapOptions map;
  std::function<const char*(const char*)> getenv;  // empty: the process's own
};

class PodIdentity final : public IdentityProducer {
 public:
  explicit PodIdentity(PodIdentityOptions options);

  std::string_view name() const override { return "downward_api"; }
  bool owns(std::string_view scope) const override { return scope == kPodScope; }
  std::vector<store::Identity> poll(TimeMs now) override;

 private:
  Labels joined(const DownwardPod& pod);
  void complain(std::string text);

  const PodIdentityOptions options_;
  const LabelMap map_;
  std::optional<DownwardApi> volume_;
  std::optional<TimeMs> polled_;
  bool told_ = false;
  std::string complaint_;  // logged last
};

}  // namespace tacho::sampler
