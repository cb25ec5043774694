// The pods, containers and Slurm jobs as scopes, and the processes on the cards.
#include <algorithm>

#include "sampler/identity/attribution.h"

namespace tacho::sampler {

TimeMs Attribution::labels_since(const Pod& pod) const {
  const store::Identity* told = told_.in_force("pod " + pod.cgroup_uid);
  return told == nullptr ? 0 : told->from;
}

// While nobody tells the pods, those that are known stay as long as they live, or for a while where that cannot be seen.
void Attribution::forget_pods(TimeMs now) {
  if (pods_known_) return;
  std::erase_if(pods_, [&](const Pod& pod) {
    if (cgroups_.gone(pod.cgroup_uid)) return true;
    return now - pods_time_ >= kPatienceMs && !cgroups_.alive(pod.cgroup_uid);
  });
}

// `changed`: the pods, or which of them live, may be others than at the last call; else all stays as it was told.
void Attribution::tell_pods(bool changed, TimeMs now) {
  for (const PodCgroups::Job& job : cgroups_.jobs())
    told_.tell({"job " + job.path, {Labels{{"id", job.path}}}, Labels{{"slurm_job_id", job.job_id}}, job.since}, now);
  told_.sweep("job", now);
  // Those of before the agent's start: until it is known what they are now.
  const bool waits = pods_time_ == 0 && now - begun_ < kPatienceMs;
  for (const Pod& pod : pods_) {
    if (!changed) break;
    // Kubernetes lists jobs' pods for days after their end.
    if (pod.ended && !cgroups_.alive(pod.cgroup_uid)) continue;
    // A uid is no other pod's, ever: its labels hold from its making on, but those that it got later only since they were seen.
    const std::string scope = "pod " + pod.cgroup_uid;
    const TimeMs made = pod.created > 0 ? pod.created : pod.started("").value_or(now);
    const TimeMs from = told_.since(scope, made, pods_listed_);
    told_.tell({scope, {Labels{{"pod_uid", pod.cgroup_uid}}}, labels_of(pod, ""), from}, now);
    for (const ContainerStatus& c : pod.containers) {
      if (c.id.empty() || c.name.empty()) continue;
      const std::string container = "container " + c.id;
      const TimeMs since = told_.since(container, c.started.value_or(now), pods_listed_);
      told_.tell({container, {Labels{{"container_id", c.id}}}, Labels{{"container", c.name}}, since}, now);
    }
  }
  for (const char* kind : {"pod", "container"}) {
    // Nobody says that those of a pod that is not known here are no more: its uid and its containers' ids are nobody else's.
    if (waits || !changed || !pods_known_) told_.keep_kind(kind);
    told_.sweep(kind, now);
  }
}

void Attribution::tell_processes(TimeMs now) {
  const auto labels_of_process = [&](const CgroupIdentity& cgroup) -> ProcessScopes::PodLabels {
    const auto pod = std::find_if(pods_.begin(), pods_.end(), [&](const Pod& p) { return p.cgroup_uid == cgroup.pod_uid; });
    if (cgroup.pod_uid.empty() || pod == pods_.end()) return {Labels{{"pod_uid", cgroup.pod_uid}}, 0};
    const auto container = std::find_if(pod->containers.begin(), pod->containers.end(),
                                        [&](const ContainerStatus& c) { return c.id == cgroup.container_id; });
    return {labels_of(*pod, container == pod->containers.end() ? "" : container->name), labels_since(*pod)};
  };
  const auto of_card = [&](const Card& card) -> std::optional<Labels> {
    const DeviceScope device{card.vendor, card.accel, card.uuid, card.pci_bus_id, ""};
    const auto listed = listed_.find(device.name());
    const store::Identity* in_force = told_.in_force("device " + device.name());
    const Labels labels = in_force != nullptr ? in_force->labels : Labels();
    // It will be somebody's in a moment: what is told of its processes until then would be told twice.
    if (list_time_ == 0 || (listed != listed_.end() && listed->second.held && !labels.has("pod"))) return std::nullopt;
    return labels;
  };
  processes_.tell(cards_, labels_of_process, of_card, told_, now);
}

}  // namespace tacho::sampler
