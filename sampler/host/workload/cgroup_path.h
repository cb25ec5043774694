// What a cgroup's path says of who is in it: a pod, a container, a batch job.
//
// Shape    the path from the hierarchy's root on, as in /proc/PID/cgroup: "/kubepods/burstable/pod<uid>/<64 hex>". Its last name
//          decides the kind; pod and container may stand anywhere before, and the last of each counts: a cgroup inside a
//          container is that container's, a container inside a container (kind, docker in docker) is its own.
// Forms    systemd and cgroupfs drivers of containerd, CRI-O, docker, podman and nerdctl; containerd's form with colons
//          (".../containerd.service/kubepods-burstable-pod<uid>.slice:cri-containerd:<id>"). A static pod's uid is the 32 hex digits of
//          its configuration. The cgroups of conmon, which watches a container, are nobody's container.
//          Slurm: job_<number> anywhere below a name with "slurm" in it.
// Cost     one pass; allocates only for what it found.   Threads  any.
// Source   kubelet's pkg/kubelet/cm, and what those runtimes make on real nodes.
#pragma once

#include <string>
#include <string_view>

namespace tacho::sampler {

enum class CgroupKind { other, pod, container, job };

struct CgroupIdentity {
  CgroupKind kind = CgroupKind::other;
  std::string pod_uid;       // with '-', whatever the path has; "" if it names no pod
  std::string container_id;  // 64 hex digits; "" if it names no container
  std::string job_id;        // of a Slurm job, also of a cgroup inside it; "" if it names none
};

CgroupIdentity cgroup_identity(std::string_view path);

// The kind alone, without allocating.
CgroupKind cgroup_kind(std::string_view path);

}  // namespace tacho::sampler
