// The pods, containers and Slurm jobs as scopes, and the processes on the cards.
#include <algorithm>

#include "sampler/identity/attribution.h"

namespace tacho::sampler {

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
    // A uid is no other pod's, ever: its labels hold from its making on.
    told_.tell(
        {"pod " + pod.cgroup_uid, {Labels{{"pod_uid", pod.cgroup_uid}}}, labels_of(pod, ""), pod.created > 0 ? pod.created : now},
        now);
    for (const ContainerStatus& c : pod.containers) {
      if (c.id.empty() || c.name.empty()) continue;
      told_.tell({"container " + c.id, {Labels{{"container_id", c.id}}}, Labels{{"container", c.name}}, c.started.value_or(now)},
                 now);
    }
  }
  for (const char* kind : {"pod", "container"}) {
    if (waits || !changed) told_.keep_kind(kind);
    told_.sweep(kind, now);
  }
}

void Attribution::tell_processes(TimeMs now) {
  const auto labels_of_process = [&](const CgroupIdentity& cgroup) {
    const auto pod = std::find_if(pods_.begin(), pods_.end(), [&](const Pod& p) { return p.cgroup_uid == cgroup.pod_uid; });
    if (cgroup.pod_uid.empty() || pod == pods_.end()) return Labels{{"pod_uid", cgroup.pod_uid}};
    const auto container = std::find_if(pod->containers.begin(), pod->containers.end(),
                                        [&](const ContainerStatus& c) { return c.id == cgroup.container_id; });
    return labels_of(*pod, container == pod->containers.end() ? "" : container->name);
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
