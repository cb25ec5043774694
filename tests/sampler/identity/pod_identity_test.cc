// The agent's own pod: from its volume and its environment to an identity, and when it changes.
#include "sampler/identity/pod_identity.h"

#include <catch2/catch.hpp>
#include <filesystem>

#include "tests/sampler/identity/downward_volume.h"
#include "tests/temp_dir.h"

using namespace tacho;
using namespace tacho::sampler;
using test::DownwardVolume;

namespace {

std::function<const char*(const char*)> environment(std::map<std::string, std::string> variables) {
  return [v = std::move(variables)](const char* name) {
    const auto at = v.find(name);
    return at == v.end() ? nullptr : at->second.c_str();
  };
}

}  // namespace

TEST_CASE("a pod is whose all series are: its labels and what its environment says") {
  test::TempDir dir;
  DownwardVolume volume(dir / "podinfo");
  volume.write({{"volcano.sh/queue-name", "default"}, {"tenant.id", "t"}}, {{"volcano.sh/task-index", "3"}});
  PodIdentity pod({.folder = volume.folder(),
                   .environment = usual_environment(),
                   .getenv = environment({{"POD_NAME", "tj-worker-3"}, {"POD_NAMESPACE", "team-a"}, {"NODE_NAME", "n7"}})});
  const TimeMs now = system_clock().wall_ms();
  const auto told = pod.poll(now);
  REQUIRE(told.size() == 1);
  CHECK(told[0].scope == "pod");
  CHECK(told[0].targets == std::vector{Labels()});
  CHECK(told[0].labels == Labels{{"pod", "tj-worker-3"},
                                 {"namespace", "team-a"},
                                 {"node", "n7"},
                                 {"queue", "default"},
                                 {"tenant_id", "t"},
                                 {"task_index", "3"}});
  CHECK(told[0].from == now);  // not since the volume was made: another pod may have sampled then
  CHECK(pod.poll(now + 1000).empty());
}

TEST_CASE("what changes counts from when the kubelet renamed its link, not from when that was seen") {
  test::TempDir dir;
  DownwardVolume volume(dir / "podinfo");
  volume.write({{"tenant.id", "a"}}, {});
  PodIdentity pod({.folder = volume.folder()});
  const TimeMs start = system_clock().wall_ms() - 60'000;
  REQUIRE(pod.poll(start).size() == 1);
  const TimeMs before = test::file_clock_ms(dir.path());
  volume.write({{"tenant.id", "b"}}, {});
  const TimeMs after = system_clock().wall_ms();
  const auto told = pod.poll(after + 700);
  REQUIRE(told.size() == 1);
  CHECK(told[0].labels == Labels{{"tenant_id", "b"}});
  CHECK(told[0].from >= before);
  CHECK(told[0].from <= after);
  // A link of the future, or one that is older than the last look: when it was seen is all there is to say.
  volume.write({{"tenant.id", "c"}}, {});
  const auto odd = pod.poll(before - 30'000);
  REQUIRE(odd.size() == 1);
  CHECK(odd[0].from == before - 30'000);
}

TEST_CASE("a volume that cannot be read leaves what is in force") {
  test::TempDir dir;
  DownwardVolume volume(dir / "podinfo");
  volume.write({{"tenant.id", "a"}}, {});
  PodIdentity pod({.folder = volume.folder()});
  REQUIRE(pod.poll(1000).size() == 1);
  std::filesystem::rename(dir / "podinfo", dir / "away");
  CHECK(pod.poll(2000).empty());
  CHECK(pod.poll(3000).empty());
  std::filesystem::rename(dir / "away", dir / "podinfo");
  volume.write({{"tenant.id", "b"}}, {});
  CHECK(pod.poll(4000).size() == 1);
}

TEST_CASE("a job of Slurm's says so by its environment, and without anything all is nobody's") {
  const auto slurm = environment({{"SLURM_JOB_ID", "42"},
                                  {"SLURM_JOB_NAME", "train"},
                                  {"SLURM_JOB_USER", "ann"},
                                  {"SLURM_JOB_PARTITION", "gpu"},
                                  {"RUN", "r1"},
                                  {"BAD", "\xff"}});
  PodIdentity job({.environment = {{"RUN", "run_id"}, {"BAD", "bad"}, {"UNSET", "unset"}}, .getenv = slurm});
  CHECK(
      job.poll(1000).at(0).labels ==
      Labels{
          {"job_id", "42"}, {"slurm_job_id", "42"}, {"job_name", "train"}, {"user", "ann"}, {"queue", "gpu"}, {"run_id", "r1"}});
  PodIdentity off({.slurm = false, .getenv = slurm});
  const auto nobody = off.poll(1000);
  REQUIRE(nobody.size() == 1);
  CHECK(nobody[0].labels.empty());
  CHECK(nobody[0].targets.empty());
  CHECK(off.poll(2000).empty());
  // Half a job is none: SLURM_JOB_ID is what says so.
  PodIdentity half({.getenv = environment({{"SLURM_JOB_NAME", "x"}})});
  CHECK(half.poll(1000).at(0).labels.empty());
}
