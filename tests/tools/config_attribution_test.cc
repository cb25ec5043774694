// What identity says of the node's pods: its keys, what is wrong with them, and which mode comes of it.
#include "tools/config/attribution.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>

#include "tests/temp_dir.h"
#include "tools/config/config.h"

using namespace tacho;
using namespace tacho::tools;
using From = sampler::PodClientOptions::From;

namespace {

AttributionConfig read(const std::string& text) {
  const ConfigReport report = examine_config_text("identity: " + text + "\n", "tacho.yml");
  for (const ConfigProblem& p : report.problems) UNSCOPED_INFO(report.to_string(p));
  REQUIRE(report.ok());
  return report.config.identity.attribution;
}

std::string problem(const std::string& text) {
  const ConfigReport report = examine_config_text("identity: " + text + "\n", "tacho.yml");
  REQUIRE_FALSE(report.problems.empty());
  return report.to_string(report.problems[0]);
}

bool has(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("attribution: all keys") {
  const AttributionConfig c = read(
      "{mode: daemonset, kubelet_socket: /k/kubelet.sock, slurm_job_mapping: /run/jobs, pods: {kubelet: "
      "'https://10.0.0.7:10250/pods', "
      "token_file: /t, ca_file: /c, insecure_skip_verify: true}}");
  CHECK(c.mode == IdentityMode::daemonset);
  CHECK(c.kubelet_socket == "/k/kubelet.sock");
  CHECK(c.slurm_job_mapping == "/run/jobs");
  CHECK(c.pods == sampler::PodClientOptions{.from = From::kubelet,
                                            .url = "https://10.0.0.7:10250/pods",
                                            .node_name = "",
                                            .token_file = "/t",
                                            .ca_file = "/c",
                                            .insecure_skip_verify = true});
  CHECK(read("{pods: {api_server: true, node_name: n1}}").pods ==
        sampler::PodClientOptions{.from = From::api_server, .url = "", .node_name = "n1", .token_file = "", .ca_file = ""});
  CHECK(read("{pods: {api_server: 'https://api:6443'}}").pods.url == "https://api:6443");
  CHECK(read("{pods: off}").pods.from == From::nobody);
  CHECK(read("{style: short}").pods.from == From::automatic);
}

TEST_CASE("attribution: api_server: false leaves the API server alone, whatever the environment offers") {
  const auto excluded = read("{pods: {api_server: false}}").pods;
  CHECK(excluded.from == From::automatic);
  CHECK_FALSE(excluded.may_ask_api_server);
  CHECK(read("{style: short}").pods.may_ask_api_server);
  CHECK(read("{pods: {api_server: true}}").pods.may_ask_api_server);
  CHECK(read("{pods: {api_server: false, kubelet: 'http://x'}}").pods.from == From::kubelet);
  // As in a pod.
  ::setenv("KUBERNETES_SERVICE_HOST", "192.0.2.1", 1);
  ::setenv("NODE_NAME", "node-1", 1);
  ::setenv("NODE_IP", "192.0.2.7", 1);
  const std::string asked = sampler::PodClient(excluded).where();
  const std::string usually = sampler::PodClient(sampler::PodClientOptions()).where();
  for (const char* name : {"KUBERNETES_SERVICE_HOST", "NODE_NAME", "NODE_IP"}) ::unsetenv(name);
  CHECK(asked == "https://192.0.2.7:10250");
  CHECK(usually == "https://192.0.2.1:443");
}

TEST_CASE("attribution: which mode auto has chosen is told, and why") {
  const test::TempDir dir;
  const sampler::Roots roots{"/proc", "/sys", dir.path()};
  const std::string there = fmt::format("kubelet_socket: {}/kubelet.sock", dir.path());
  const std::string away = fmt::format("kubelet_socket: {}/no/kubelet.sock", dir.path());
  const auto chosen = [&](const std::string& text) { return chosen_mode(read("{" + text + "}"), roots); };
  CHECK(chosen(there) ==
        fmt::format("identity.mode: auto is daemonset: the folder of the kubelet's socket, {}, is there", dir.path()));
  CHECK(chosen(away) ==
        fmt::format("identity.mode: auto is sidecar: the folder of the kubelet's socket, {}/no, is not there", dir.path()));
  CHECK(has(chosen(away + ", slurm_job_mapping: /jobs"), "sidecar, with the jobs of identity.slurm_job_mapping"));
  CHECK(chosen(there + ", mode: daemonset").empty());
}

TEST_CASE("attribution: what is wrong is told") {
  CHECK(has(problem("{mode: both}"), "tacho.yml:1: identity.mode must be auto, sidecar, daemonset or off, not \"both\""));
  CHECK(has(problem("{kubelet_socket: kubelet.sock}"), "identity.kubelet_socket must be a whole path"));
  CHECK(has(problem("{slurm_job_mapping: jobs}"), "identity.slurm_job_mapping must be a whole path"));
  CHECK(has(problem("{pods: {kubelet: 'ftp://x'}}"), "identity.pods.kubelet"));
  CHECK(has(problem("{pods: {kubelet: 'http://x', api_server: true}}"), "one of them is asked"));
  CHECK(has(problem("{pods: {kublet: 'http://x'}}"), "kubelet"));
}

TEST_CASE("attribution: the folder of the kubelet's socket makes a DaemonSet of it, unless the mode says otherwise") {
  const test::TempDir dir;
  const sampler::Roots roots{"/proc", "/sys", dir.path()};
  const std::string there = fmt::format("kubelet_socket: {}/kubelet.sock", dir.path());
  const std::string away = fmt::format("kubelet_socket: {}/no/kubelet.sock", dir.path());
  const auto attributes = [&](const std::string& text) {
    return attribution_options(read("{" + text + "}"), {}, roots).has_value();
  };
  const auto sidecar = [&](const std::string& text) { return is_sidecar(read("{" + text + "}"), roots); };
  CHECK(attributes(there));
  CHECK_FALSE(sidecar(there));
  CHECK_FALSE(attributes(away));
  CHECK(sidecar(away));
  CHECK(attributes(away + ", slurm_job_mapping: /jobs"));
  CHECK(attributes(away + ", mode: daemonset"));
  CHECK_FALSE(sidecar(away + ", mode: daemonset"));
  CHECK_FALSE(attributes(there + ", mode: sidecar"));
  CHECK(sidecar(there + ", mode: sidecar"));
  CHECK_FALSE(attributes(there + ", mode: off"));
  CHECK_FALSE(sidecar(there + ", mode: off"));
  // A container has the host's root somewhere else.
  std::filesystem::create_directories(dir / "var/lib/kubelet/pod-resources");
  if (!std::filesystem::exists("/var/lib/kubelet/pod-resources")) {
    const auto options = attribution_options(read("{}"), {}, roots);
    REQUIRE(options);
    CHECK(options->kubelet_socket == dir / "var/lib/kubelet/pod-resources/kubelet.sock");
  }
}
