#include "sampler/identity/pod_resources.h"

#include "tests/kubelet_process.h"

using namespace tacho;
using namespace tacho::sampler;

TEST_CASE("the kubelet's list is read: devices of several NUMA nodes are one list, claims have their names", "[identity]") {
  test::KubeletProcess kubelet;
  kubelet.say(R"({"list": [
    {"name": "train-0", "namespace": "team-a", "containers": [
      {"name": "worker", "numa": {"nvidia.com/gpu": [["GPU-2", "GPU-0"], ["GPU-1", "GPU-0"]], "rdma/hca_a": [["0000:17:00.0"], []]}},
      {"name": "side"}]},
    {"name": "claims", "namespace": "default", "containers": [
      {"name": "c", "claims": [{"claim": "gpu", "namespace": "default", "driver": "gpu.nvidia.com", "pool": "node-1", "device": "gpu-3",
                                "cdi": ["k8s.gpu.nvidia.com/device=gpu-3"]}]}]}]})");
  const auto list = list_pod_resources(kubelet.socket(), 60'000);
  REQUIRE(list);
  REQUIRE(list->size() == 2);
  const PodEntry& train = (*list)[0];
  CHECK(train.name == "train-0");
  CHECK(train.name_space == "team-a");
  REQUIRE(train.containers.size() == 2);
  CHECK(train.containers[0].devices ==
        std::vector<PodDevices>{{"nvidia.com/gpu", {"GPU-0", "GPU-1", "GPU-2"}}, {"rdma/hca_a", {"0000:17:00.0"}}});
  CHECK(train.containers[1].devices.empty());
  const std::vector<ClaimedDevice> claimed{
      {"default", "gpu", "gpu.nvidia.com", "node-1", "gpu-3", {"k8s.gpu.nvidia.com/device=gpu-3"}}};
  CHECK((*list)[1].containers[0].claimed == claimed);
}

TEST_CASE("why the kubelet does not tell is known by kind", "[identity]") {
  test::KubeletProcess kubelet;
  // The kubelet is a program in Python, and the machine may be held up.
  const auto fault = [&](const char* trouble, std::int64_t timeout_ms = 60'000) {
    kubelet.say(fmt::format(R"({{"trouble": "{}"}})", trouble));
    const auto list = list_pod_resources(kubelet.socket(), timeout_ms);
    REQUIRE_FALSE(list);
    return list.error().fault;
  };
  CHECK(fault("exhausted") == KubeletFault::rate_limited);
  CHECK(fault("denied") == KubeletFault::permission);
  CHECK(fault("slow", 500) == KubeletFault::timed_out);
  CHECK(fault("huge") == KubeletFault::broken);
  CHECK(fault("garbage") == KubeletFault::broken);
  kubelet.end();
  CHECK(fault("") == KubeletFault::no_socket);
  CHECK(list_pod_resources("/nonexistent", 100).error().fault == KubeletFault::no_socket);
  CHECK(list_pod_resources("/nonexistent", 100).error().message.find("--root-dir") != std::string::npos);
}

TEST_CASE("a list that is cut anywhere is an error or a shorter list, and one that is too long is an error", "[identity]") {
  // One pod with one container with one device, by hand.
  const std::string devices = "\x0a\x0envidia.com/gpu\x12\x05GPU-0";
  const std::string container = std::string("\x0a\x01") + "c\x12" + static_cast<char>(devices.size()) + devices;
  const std::string pod = std::string("\x0a\x01p\x12\x01n\x1a") + static_cast<char>(container.size()) + container;
  const std::string list = std::string("\x0a") + static_cast<char>(pod.size()) + pod;
  const auto whole = parse_pod_resources(list);
  REQUIRE(whole);
  REQUIRE(whole->size() == 1);
  CHECK((*whole)[0].containers[0].devices == std::vector<PodDevices>{{"nvidia.com/gpu", {"GPU-0"}}});
  for (std::size_t n = 1; n < list.size(); ++n) CHECK_FALSE(parse_pod_resources(list.substr(0, n)));
  CHECK(parse_pod_resources("")->empty());
  std::string many;
  for (std::size_t i = 0; i <= kPodsMax; ++i) many += std::string("\x0a\x00", 2);
  CHECK_FALSE(parse_pod_resources(many));
}
