// From keys of platforms to labels: what each platform's pods come out as, in both styles, and what no label may be.
#include "sampler/identity/label_map.h"

#include <catch2/catch.hpp>

#include "sampler/identity/label_names.h"
#include "sampler/identity/label_table.h"

using namespace tacho;
using namespace tacho::sampler;

namespace {

// A pod of the platform that this began on.
const KeyValues kHero = {
    {"job-type.system.hero.ai", "TrainingJob"},
    {"resourcepool.system.hero.ai", "a1000000000000000000000001"},
    {"system.hero.ai/job-name", "a1000000000000000000000002"},
    {"system.hero.ai/job-namespace", "team-a"},
    {"tenant.id", "1000000000001"},
    {"user.id", "u00000000000000000000000000000001"},
    {"volcano.sh/job-name", "tj-a1000000000000000000000002"},
    {"volcano.sh/job-namespace", "team-a"},
    {"volcano.sh/queue-name", "default"},
    {"volcano.sh/task-spec", "worker"},
};

Labels short_names(const KeyValues& labels, const KeyValues& annotations = {}) { return LabelMap().apply(labels, annotations); }

LabelMapOptions options(LabelStyle style, std::vector<LabelRule> rules = {}, bool snake_case = true) {
  return {.style = style, .snake_case = snake_case, .rules = std::move(rules)};
}

using Kind = LabelRule::Kind;

}  // namespace

TEST_CASE("the ten labels of a training job come out under short names") {
  CHECK(short_names(kHero) == Labels{{"job_type", "TrainingJob"},
                                     {"resource_pool", "a1000000000000000000000001"},
                                     {"job_name", "a1000000000000000000000002"},
                                     {"job_namespace", "team-a"},
                                     {"tenant_id", "1000000000001"},
                                     {"user_id", "u00000000000000000000000000000001"},
                                     {"volcano_job_name", "tj-a1000000000000000000000002"},
                                     {"volcano_job_namespace", "team-a"},
                                     {"queue", "default"},
                                     {"task", "worker"}});
}

TEST_CASE("the ten labels of a training job come out as kube-state-metrics names them") {
  const Labels got = LabelMap(options(LabelStyle::kube_state_metrics)).apply(kHero, {});
  CHECK(got == Labels{{"label_job_type_system_hero_ai", "TrainingJob"},
                      {"label_resourcepool_system_hero_ai", "a1000000000000000000000001"},
                      {"label_system_hero_ai_job_name", "a1000000000000000000000002"},
                      {"label_system_hero_ai_job_namespace", "team-a"},
                      {"label_tenant_id", "1000000000001"},
                      {"label_user_id", "u00000000000000000000000000000001"},
                      {"label_volcano_sh_job_name", "tj-a1000000000000000000000002"},
                      {"label_volcano_sh_job_namespace", "team-a"},
                      {"label_volcano_sh_queue_name", "default"},
                      {"label_volcano_sh_task_spec", "worker"}});
}

TEST_CASE("other platforms' jobs have the same short names") {
  CHECK(
      short_names({{"volcano.sh/job-name", "v"}}, {{"scheduling.volcano.sh/queue-name", "q"}, {"volcano.sh/task-index", "3"}}) ==
      Labels{{"job_name", "v"}, {"volcano_job_name", "v"}, {"queue", "q"}, {"task_index", "3"}});
  CHECK(short_names({{"training.kubeflow.org/job-name", "k"},
                     {"training.kubeflow.org/replica-type", "worker"},
                     {"training.kubeflow.org/replica-index", "0"},
                     {"training.kubeflow.org/job-role", "master"},
                     {"training.kubeflow.org/operator-name", "pytorchjob-controller"},
                     {"kueue.x-k8s.io/queue-name", "q"}}) == Labels{{"job_name", "k"},
                                                                    {"task", "worker"},
                                                                    {"task_index", "0"},
                                                                    {"job_role", "master"},
                                                                    {"job_type", "pytorchjob-controller"},
                                                                    {"queue", "q"}});
  // A JobSet's pod is a batch Job's as well.
  CHECK(short_names({{"jobset.sigs.k8s.io/jobset-name", "s"},
                     {"jobset.sigs.k8s.io/replicatedjob-name", "workers"},
                     {"jobset.sigs.k8s.io/job-index", "1"},
                     {"batch.kubernetes.io/job-name", "s-workers-1"},
                     {"job-name", "s-workers-1"},
                     {"batch.kubernetes.io/job-completion-index", "7"}}) ==
        Labels{{"job_name", "s"}, {"task", "workers"}, {"task_index", "1"}, {"job_completion_index", "7"}});
  CHECK(short_names({{"batch.kubernetes.io/job-name", "b"}, {"batch.kubernetes.io/job-completion-index", "2"}}) ==
        Labels{{"job_name", "b"}, {"task_index", "2"}, {"job_completion_index", "2"}});
  CHECK(short_names({{"ray.io/cluster", "r"}, {"ray.io/node-type", "worker"}, {"ray.io/group", "gpus"}}) ==
        Labels{{"job_name", "r"}, {"ray_cluster", "r"}, {"ray_node_type", "worker"}, {"task", "gpus"}});
  CHECK(short_names({{"app.kubernetes.io/name", "llm"}, {"app", "old"}, {"app.kubernetes.io/instance", "i"}}) ==
        Labels{{"app", "llm"}, {"app_instance", "i"}});
  CHECK(short_names({{"pod-template-hash", "x"}, {"anything.example.com/else", "y"}}).empty());
}

TEST_CASE("of several keys of one label the first in the table counts, as a label before an annotation") {
  CHECK(short_names({{"kueue.x-k8s.io/queue-name", "k"}, {"volcano.sh/queue-name", "v"}}) == Labels{{"queue", "v"}});
  CHECK(short_names({{"volcano.sh/queue-name", "label"}}, {{"volcano.sh/queue-name", "annotation"}}) ==
        Labels{{"queue", "label"}});
  CHECK(short_names({{"volcano.sh/queue-name", ""}, {"kueue.x-k8s.io/queue-name", "k"}}) == Labels{{"queue", "k"}});
}

TEST_CASE("the table gives only labels that an identity may have") {
  for (const auto table : {label_table(), slurm_table()}) {
    for (const LabelTableRow& row : table) CHECK(store::is_identity_label(row.label));
  }
}

TEST_CASE("rules rename, keep and drop, before the table") {
  const KeyValues pod = {{"system.hero.ai/job-name", "j"},     {"volcano.sh/job-name", "v"},    {"tenant.id", "t"},
                         {"team.example.com/costCenter", "c"}, {"team.example.com/owner", "o"}, {"job", "x"}};
  const std::vector<LabelRule> rules = {{"volcano.sh/job-name", Kind::rename, "job_name"},
                                        {"tenant.id", Kind::drop, ""},
                                        {"team.example.com/owner", Kind::drop, ""},
                                        {"team.example.com/*", Kind::keep, ""},
                                        {"job", Kind::keep, ""}};
  CHECK(LabelMap(options(LabelStyle::short_names, rules)).apply(pod, {}) ==
        Labels{{"job_name", "v"}, {"team_example_com_cost_center", "c"}, {"label_job", "x"}});
  CHECK(LabelMap(options(LabelStyle::kube_state_metrics, rules, false)).apply(pod, {{"team.example.com/note", "n"}}) ==
        Labels{{"job_name", "v"},
               {"label_system_hero_ai_job_name", "j"},
               {"label_team_example_com_costCenter", "c"},
               {"annotation_team_example_com_note", "n"},
               {"label_job", "x"}});
}

TEST_CASE("keys that become one name are all numbered") {
  CHECK(sanitised("app.kubernetes.io/instanceName", true) == "app_kubernetes_io_instance_name");
  CHECK(sanitised("app.kubernetes.io/instanceName", false) == "app_kubernetes_io_instanceName");
  CHECK(sanitised("HTTPServer2Name", true) == "httpserver2_name");
  CHECK(label_names("label", {"a-b", "a.b", "aB", "c"}, true) ==
        std::vector<std::string>{"label_a_b_conflict1", "label_a_b_conflict2", "label_a_b_conflict3", "label_c"});
  CHECK(label_names("label", {"a-b", "a.b", "aB", "c"}, false) ==
        std::vector<std::string>{"label_a_b_conflict1", "label_a_b_conflict2", "label_aB", "label_c"});
  const LabelMap map(options(LabelStyle::kube_state_metrics));
  CHECK(map.apply({{"ray.io/job-id", "1"}, {"ray.io/job.id", "2"}}, {}) ==
        Labels{{"label_ray_io_job_id_conflict1", "1"}, {"label_ray_io_job_id_conflict2", "2"}});
}

TEST_CASE("a value that no label should have, and one label too many, are left out and named") {
  KeyValues pod{{"volcano.sh/queue-name", std::string(kIdentityValueMax + 1, 'x')}, {"tenant.id", "\xff"}, {"user.id", "u"}};
  std::vector<std::string> left_out;
  CHECK(LabelMap().apply(pod, {}, &left_out) == Labels{{"user_id", "u"}});
  CHECK(left_out == std::vector<std::string>{"tenant.id", "volcano.sh/queue-name"});
  pod.clear();
  for (int i = 0; i < 60; ++i) pod.emplace("x/" + std::to_string(100 + i), "v");
  const LabelMap all(options(LabelStyle::short_names, {{"x/*", Kind::keep, ""}}));
  CHECK(all.apply(pod, {}, &left_out).size() == kIdentityLabelsMax);
  CHECK(left_out.size() == 60 - kIdentityLabelsMax);
}
