#include "sampler/identity/label_table.h"

namespace tacho::sampler {
namespace {

constexpr LabelTableRow kPods[] = {
    {"job_name", "system.hero.ai/job-name"},
    {"job_name", "training.kubeflow.org/job-name"},
    {"job_name", "jobset.sigs.k8s.io/jobset-name"},
    {"job_name", "volcano.sh/job-name"},
    {"job_name", "batch.kubernetes.io/job-name"},
    {"job_name", "job-name"},  // of Kubernetes before 1.27
    {"job_name", "ray.io/cluster"},
    {"volcano_job_name", "volcano.sh/job-name"},
    {"job_namespace", "system.hero.ai/job-namespace"},
    {"job_namespace", "volcano.sh/job-namespace"},
    {"volcano_job_namespace", "volcano.sh/job-namespace"},
    {"job_type", "job-type.system.hero.ai"},
    {"job_type", "volcano.sh/job-type"},
    {"job_type", "training.kubeflow.org/operator-name"},
    {"job_role", "training.kubeflow.org/job-role"},
    {"job_version", "volcano.sh/job-version"},
    {"job_retry", "volcano.sh/job-retry-count"},
    {"jobset_restart", "jobset.sigs.k8s.io/restart-attempt"},
    {"tenant_id", "tenant.id"},
    {"user_id", "user.id"},
    {"resource_pool", "resourcepool.system.hero.ai"},
    {"queue", "volcano.sh/queue-name"},
    {"queue", "scheduling.volcano.sh/queue-name"},
    {"queue", "kueue.x-k8s.io/queue-name"},
    {"pod_group", "scheduling.k8s.io/group-name"},
    {"pod_group", "scheduling.volcano.sh/group-name"},
    {"task", "volcano.sh/task-spec"},
    {"task", "training.kubeflow.org/replica-type"},
    {"task", "jobset.sigs.k8s.io/replicatedjob-name"},
    {"task", "ray.io/group"},
    {"task_index", "volcano.sh/task-index"},
    {"task_index", "training.kubeflow.org/replica-index"},
    {"task_index", "jobset.sigs.k8s.io/job-index"},
    {"task_index", "batch.kubernetes.io/job-completion-index"},
    {"job_completion_index", "batch.kubernetes.io/job-completion-index"},
    {"ray_cluster", "ray.io/cluster"},
    {"ray_node_type", "ray.io/node-type"},
    {"app", "app.kubernetes.io/name"},
    {"app", "app"},
    {"app_instance", "app.kubernetes.io/instance"},
    {"app_component", "app.kubernetes.io/component"},
    {"app_part_of", "app.kubernetes.io/part-of"},
    {"app_version", "app.kubernetes.io/version"},
};

constexpr LabelTableRow kSlurm[] = {
    {"job_id", "SLURM_ARRAY_JOB_ID"},     {"job_id", "SLURM_JOB_ID"},
    {"slurm_job_id", "SLURM_JOB_ID"},     {"job_name", "SLURM_JOB_NAME"},
    {"user", "SLURM_JOB_USER"},           {"account", "SLURM_JOB_ACCOUNT"},
    {"queue", "SLURM_JOB_PARTITION"},     {"task_index", "SLURM_ARRAY_TASK_ID"},
    {"job_retry", "SLURM_RESTART_COUNT"},
};

}  // namespace

std::span<const LabelTableRow> label_table() { return kPods; }
std::span<const LabelTableRow> slurm_table() { return kSlurm; }

}  // namespace tacho::sampler
