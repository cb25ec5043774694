#include "query/jobs/job_owner.h"

#include <string_view>
#include <vector>

namespace tacho::query {
namespace {

using Names = std::vector<std::string_view>;

std::string first_of(const Labels& labels, const Names& names) {
  for (const std::string_view name : names) {
    if (const std::string_view v = labels.get(name); !v.empty()) return std::string(v);
  }
  return "";
}

// Under both styles of names that pods' labels may get.
const Names kJobNames{"job_name",
                      "label_system_hero_ai_job_name",
                      "volcano_job_name",
                      "label_volcano_sh_job_name",
                      "label_training_kubeflow_org_job_name",
                      "label_jobset_sigs_k8s_io_jobset_name",
                      "label_batch_kubernetes_io_job_name",
                      "slurm_job_id",
                      "hpc_job",
                      "job_id"};
const Names kPodNames{"pod", "pod_uid"};

}  // namespace

std::string JobOwner::text() const { return name_space.empty() ? name : name_space + "/" + name; }

bool names_owner(const Labels& identity) {
  return !first_of(identity, kJobNames).empty() || !first_of(identity, kPodNames).empty();
}

JobOwner owner_of(const Labels& identity) {
  JobOwner out;
  out.name = first_of(identity, kJobNames);
  if (!out.name.empty()) {
    out.name_space = first_of(identity, {"job_namespace", "label_system_hero_ai_job_namespace", "namespace"});
    return out;
  }
  out.name = first_of(identity, kPodNames);
  out.name_space = first_of(identity, {"namespace"});
  return out;
}

std::string pod_key_of(const Labels& identity) {
  if (identity.has("pod_uid")) return std::string(identity.get("pod_uid"));
  if (identity.has("pod")) return std::string(identity.get("namespace")) + "/" + std::string(identity.get("pod"));
  // A job's own agent, without pods: Slurm's number tells its runs apart.
  return owner_of(identity).text() + "/" + first_of(identity, {"job_id", "slurm_job_id", "hpc_job"});
}

}  // namespace tacho::query
