// The section identity: what it says, what is wrong with it, and what the producer gets of it.
#include "tools/config/identity.h"

#include <catch2/catch.hpp>
#include <filesystem>

#include "tools/config/config.h"

using namespace tacho;
using namespace tacho::tools;
using Kind = sampler::LabelRule::Kind;

namespace {

IdentityConfig read(const std::string& text) {
  const ConfigReport report = examine_config_text(text, "tacho.yml");
  for (const ConfigProblem& p : report.problems) UNSCOPED_INFO(report.to_string(p));
  REQUIRE(report.ok());
  return report.config.identity;
}

std::string first_problem(const std::string& text) {
  const ConfigReport report = examine_config_text(text, "tacho.yml");
  REQUIRE_FALSE(report.problems.empty());
  return report.to_string(report.problems[0]);
}

}  // namespace

TEST_CASE("identity: all keys") {
  const IdentityConfig c = read(
      "identity:\n"
      "  downward_api: /podinfo\n"
      "  style: kube-state-metrics\n"
      "  snake_case: false\n"
      "  labels:\n"
      "    team.example.com/name: team\n"
      "    team.example.com/*: keep\n"
      "    tenant.id: drop\n"
      "  env: {RUN_ID: run_id, POD_UID: drop}\n"
      "  slurm: false\n");
  CHECK(c.downward_api == "/podinfo");
  CHECK(c.map.style == sampler::LabelStyle::kube_state_metrics);
  CHECK_FALSE(c.map.snake_case);
  CHECK(c.map.rules == std::vector<sampler::LabelRule>{{"team.example.com/name", Kind::rename, "team"},
                                                       {"team.example.com/*", Kind::keep, ""},
                                                       {"tenant.id", Kind::drop, ""}});
  CHECK_FALSE(c.slurm);
  const sampler::PodIdentityOptions o = pod_identity_options(c);
  CHECK(o.folder == "/podinfo");
  CHECK(o.environment == std::vector<sampler::EnvironmentLabel>{
                             {"RUN_ID", "run_id"}, {"POD_NAME", "pod"}, {"POD_NAMESPACE", "namespace"}, {"NODE_NAME", "node"}});
}

TEST_CASE("identity: without a word the usual folder where it is, and its pod's variables only then") {
  const sampler::PodIdentityOptions o = pod_identity_options(read("storage: {}\n"));
  const bool is_there = std::filesystem::is_directory("/etc/podinfo");
  CHECK(o.folder == (is_there ? "/etc/podinfo" : ""));
  CHECK(o.environment.size() == (is_there ? 4u : 0u));
  CHECK(o.slurm);
  CHECK(pod_identity_options(read("identity: {downward_api: off}\n")).folder.empty());
}

TEST_CASE("identity: what is wrong is told with its line and what to do") {
  const auto is = [](const std::string& text, const std::string& problem) {
    INFO(text);
    CHECK(first_problem(text).find(problem) != std::string::npos);
  };
  is("identity:\n  stile: short\n", "tacho.yml:2: unknown key \"stile\" in identity; did you mean style?");
  is("identity:\n  style: long\n", "tacho.yml:2: identity.style must be short or kube-state-metrics, not \"long\"");
  is("identity:\n  downward_api: podinfo\n", "tacho.yml:2: identity.downward_api must be a folder's whole path, or off");
  is("identity:\n  labels:\n    a/b: job\n",
     "tacho.yml:3: identity.labels[a/b]: \"job\" cannot be an identity's label: it is Prometheus's own");
  is("identity:\n  labels:\n    a/b: a-b\n", "tacho.yml:3: identity.labels[a/b]: \"a-b\" cannot be an identity's label");
  is("identity:\n  labels: {'a/*b': keep}\n", "a '*' can only be the last character");
  is("identity:\n  labels: {'a/*': team}\n", "many keys cannot have one name");
  is("identity:\n  env: {RUN_ID: instance}\n", "identity.env.RUN_ID: \"instance\" cannot be an identity's label");
  is("identity:\n  env: {RUN-ID: run}\n", "\"RUN-ID\" is no environment variable's name");
  is("identity: [a]\n", "tacho.yml:1: identity must be a mapping");
}
