#include "sampler/identity/attribution.h"

#include "tests/sampler/identity/attribution_fixture.h"

using namespace tacho;
using namespace tacho::sampler;
using test::entry;
using test::Node;
using test::pod;
using test::uid;

TEST_CASE("a pod's card is its from the container's start on, however late that is found out", "[attribution]") {
  Node node;
  node.cards(2);
  node.says(0, {}, {});
  node.poll(1);
  CHECK(node.reason("nvidia", "0") == "free");
  node.says(10, {entry("train", {"GPU-0"})}, {pod("train", 1, 6)});
  node.poll(10.5);
  CHECK(node.gpu_at(5.9, 0).empty());
  CHECK(
      node.gpu_at(6, 0) ==
      Labels{{"namespace", "team-a"}, {"pod", "train"}, {"container", "worker"}, {"pod_uid", uid(1)}, {"job_name", "job-train"}});
  CHECK(node.gpu_at(100, 1).empty());
  CHECK(node.reason("nvidia", "0") == "attributed");
  CHECK(node.reason("nvidia", "1") == "free");
  // Nothing is told twice.
  const std::size_t told = node.told();
  node.says(15, {entry("train", {"GPU-0"})}, {pod("train", 1, 6)});
  node.poll_each_second(11, 20);
  CHECK(node.told() == told);
}

TEST_CASE("a card is nobody's before the last list that gave it to somebody else", "[attribution]") {
  Node node;
  node.cards(1);
  node.says(10, {}, {});
  node.poll(10);
  // Kubernetes' second 9 may be 9.9; the list of 10 did not have it.
  node.says(15, {entry("train", {"GPU-0"})}, {pod("train", 1, 9)});
  node.poll(15);
  CHECK(node.gpu_at(9.5, 0).empty());
  CHECK(node.pod_at(10, 0) == uid(1));
}

TEST_CASE("a job that restarts as another pod of the same name is told apart, to the second", "[attribution]") {
  Node node;
  node.cards(2);
  node.says(0, {entry("train", {"GPU-0"}), entry("other", {"GPU-1"})}, {pod("train", 1, -1), pod("other", 9, 0)});
  node.poll(1);
  CHECK(node.reason("nvidia", "0") == "not_started");
  node.says(5, {entry("train", {"GPU-0"}), entry("other", {"GPU-1"})}, {pod("train", 1, 3), pod("other", 9, 0)});
  node.poll_each_second(5, 19);
  // It ended at 17 and began again at 21; the kubelet is heard at 25.
  node.says(25, {entry("train", {"GPU-0"}), entry("other", {"GPU-1"})},
            {pod("train", 1, 3, 17), pod("train", 2, 21), pod("other", 9, 0)});
  node.poll(25.5);
  for (int s = 3; s <= 30; ++s) {
    INFO(s);
    CHECK(node.pod_at(s, 0) == (s <= 17 ? uid(1) : s < 21 ? "" : uid(2)));
    CHECK(node.pod_at(s, 1) == uid(9));
  }
}

TEST_CASE("a list that is older than a pod of its name does not speak of it", "[attribution]") {
  Node node;
  node.cards(2);
  node.says(0, {entry("train", {"GPU-0"})}, {pod("train", 1, 0)});
  node.poll(1);
  // Between the list and the pods the next incarnation began, on another card.
  node.says(5, {entry("train", {"GPU-0"})}, {pod("train", 2, 7)});
  node.poll(8);
  CHECK(node.pod_at(8, 0) != uid(2));
  CHECK(node.kubelet().asked > 0);
  node.says(9, {entry("train", {"GPU-1"})}, {pod("train", 2, 7)});
  node.poll(9);
  CHECK(node.pod_at(9, 0).empty());
  CHECK(node.pod_at(6, 1).empty());
  CHECK(node.pod_at(7, 1) == uid(2));
}

TEST_CASE("a pod that ended and is still listed has nothing", "[attribution]") {
  Node node;
  node.cards(1);
  node.says(0, {entry("train", {"GPU-0"})}, {pod("train", 1, 0)});
  node.poll(1);
  node.says(10, {entry("train", {"GPU-0"})}, {pod("train", 1, 0, 8)});
  node.poll(10);
  CHECK(node.pod_at(8, 0) == uid(1));
  CHECK(node.pod_at(9, 0).empty());
  CHECK(node.reason("nvidia", "0") == "free");
}

TEST_CASE("a card of two pods is neither's and says so; their processes are theirs", "[attribution]") {
  Node node;
  node.cards(1);
  node.process(0, 100,
               "0::/kubepods.slice/kubepods-pod3f0c1d2e_0000_4000_8000_000000000001.slice/cri-containerd-" +
                   std::string(64, 'a') + ".scope\n",
               2);
  node.process(0, 200, "0::/kubepods/burstable/pod" + uid(2) + "/" + std::string(64, 'b') + "\n", 3);
  node.process(0, 300, "0::/user.slice\n", 1);
  node.says(5, {entry("a", {"GPU-0::0"}), entry("b", {"GPU-0::1"})}, {pod("a", 1, 1), pod("b", 2, 1)});
  node.poll(6);
  CHECK(node.reason("nvidia", "0") == "shared");
  CHECK(node.gpu_at(6, 0).empty());
  const auto process = [&](double s, const char* pid) { return node.gpu_at(s, 0, {{"pid", pid}}); };
  CHECK(process(6, "100").get("pod") == "a");
  CHECK(process(6, "100").get("container") == "worker");
  CHECK(process(6, "100").get("job_name") == "job-a");
  CHECK(process(2.1, "100").get("pod") == "a");
  CHECK(process(1.8, "100").empty());
  CHECK(process(6, "200").get("pod_uid") == uid(2));
  CHECK(process(6, "300").empty());
  // Its number is another process's later.
  node.end_process(100);
  node.poll(8);
  node.process(0, 100, "0::/kubepods/pod" + uid(2) + "/" + std::string(64, 'b') + "\n", 9);
  node.poll(10);
  CHECK(process(7.5, "100").get("pod") == "a");
  CHECK(process(8.5, "100").empty());
  CHECK(process(9.5, "100").get("pod") == "b");
}

TEST_CASE("a time-sliced card that one pod has alone is its", "[attribution]") {
  Node node;
  node.cards(1);
  node.says(5, {entry("a", {"GPU-0::0", "GPU-0::1"})}, {pod("a", 1, 1)});
  node.poll(6);
  CHECK(node.pod_at(6, 0) == uid(1));
}

TEST_CASE("parts of a card are their pods', the card only if all of them are one pod's", "[attribution]") {
  Node node;
  node.cards(1);
  node.part(0, "3", "MIG-a");
  node.part(0, "4", "MIG-b");
  node.says(5, {entry("a", {"MIG-a"}, "nvidia.com/mig-1g.10gb"), entry("b", {"nvidia0/gi4"})}, {pod("a", 1, 1), pod("b", 2, 1)});
  node.poll(6);
  CHECK(node.reason("nvidia", "0") == "partitioned");
  CHECK(node.gpu_at(6, 0).empty());
  CHECK(node.gpu_at(6, 0, {{"partition", "3"}}).get("pod") == "a");
  CHECK(node.gpu_at(6, 0, {{"partition", "4"}}).get("pod") == "b");
  CHECK(node.at(6, {{"UUID", "GPU-0"}, {"GPU_I_ID", "4"}}).get("pod") == "b");
  node.says(8, {entry("a", {"MIG-a", "MIG-b"}, "nvidia.com/mig-1g.10gb")}, {pod("a", 1, 1)});
  node.poll(9);
  CHECK(node.gpu_at(9, 0).get("pod") == "a");
  CHECK(node.gpu_at(9, 0, {{"partition", "4"}}).get("pod") == "a");
}

TEST_CASE("a kubelet that falls silent changes nothing for a minute, nor for a pod that is seen to live", "[attribution]") {
  Node node;
  node.cards(2);
  node.write("sys/fs/cgroup/cgroup.controllers", "cpu");
  const std::string alive = "sys/fs/cgroup/kubepods/pod" + uid(1);
  node.write(alive + "/cgroup.events", "populated 1\nfrozen 0\n");
  node.poll(0);
  CHECK(node.reason("nvidia", "0") == "no_answer_yet");
  node.says(1, {entry("a", {"GPU-0"}), entry("b", {"GPU-1"})}, {pod("a", 1, 0), pod("b", 2, 0)});
  node.poll(2);
  node.fails(5, KubeletFault::no_socket);
  node.poll_each_second(5, 60);
  CHECK(node.pod_at(60, 0) == uid(1));
  CHECK(node.pod_at(60, 1) == uid(2));
  node.poll_each_second(61, 70);
  CHECK(node.pod_at(70, 0) == uid(1));
  CHECK(node.pod_at(70, 1).empty());
  CHECK(node.reason("nvidia", "0") == "attributed");
  CHECK(node.reason("nvidia", "1") == "no_socket");
  // Its end is seen without the kubelet.
  node.write(alive + "/cgroup.events", "populated 0\nfrozen 0\n");
  node.poll_each_second(71, 78);
  CHECK(node.pod_at(70, 0) == uid(1));
  CHECK(node.pod_at(72, 0).empty());
}

TEST_CASE("a kubelet that never answers leaves cards nobody's, by its reason", "[attribution]") {
  for (const auto& [fault, reason] :
       {std::pair(KubeletFault::no_socket, "no_socket"), std::pair(KubeletFault::permission, "permission"),
        std::pair(KubeletFault::rate_limited, "rate_limited"), std::pair(KubeletFault::timed_out, "timed_out"),
        std::pair(KubeletFault::broken, "kubelet_error")}) {
    Node node;
    node.cards(1);
    node.fails(1, fault);
    node.poll(2);
    CHECK(node.reason("nvidia", "0") == reason);
    CHECK(node.told() == 0);
  }
}

TEST_CASE("a pod's end is seen by its cgroup within a second, and told when the kubelet was asked again", "[attribution]") {
  for (const auto& [v2, heard] :
       {std::pair(true, true), std::pair(true, false), std::pair(false, true), std::pair(false, false)}) {
    INFO((v2 ? "version 2" : "version 1") << (heard ? ", the list is heard of" : ", it is not"));
    Node node;
    node.cards(1);
    const std::string root = v2 ? "sys/fs/cgroup" : "sys/fs/cgroup/memory";
    if (v2) node.write(root + "/cgroup.controllers", "cpu");
    const std::string slice = root + "/kubepods.slice/kubepods-pod3f0c1d2e_0000_4000_8000_000000000001.slice";
    node.write(slice + "/cgroup.events", "populated 1\n");
    node.write(slice + "/cgroup.procs", "");
    node.write(slice + "/cri-containerd-" + std::string(64, 'a') + ".scope/cgroup.procs", "77\n");
    node.says(1, {entry("a", {"GPU-0"})}, {pod("a", 1, 0)});
    node.poll(2);
    CHECK(node.pod_at(2, 0) == uid(1));
    const int asked = node.kubelet().asked;
    node.remove(slice);
    node.poll(3);
    CHECK(node.kubelet().asked > asked);
    CHECK(node.pod_at(3, 0) == uid(1));  // not told yet
    if (heard) node.says(3.5, {}, {});
    node.poll_each_second(4, heard ? 4 : 9);
    CHECK(node.pod_at(2.9, 0) == uid(1));
    CHECK(node.pod_at(3, 0).empty());
  }
}

TEST_CASE("where nobody tells the pods, a card has its pod's name, and its processes say since when", "[attribution]") {
  Node node;
  node.cards(2);
  node.process(0, 100, "12:memory:/docker/x\n5:cpu,cpuacct:/kubepods/besteffort/pod" + uid(7) + "/" + std::string(64, 'a') + "\n",
               3);
  node.no_pods(10, {entry("a", {"GPU-0"}), entry("b", {"GPU-1"})});
  node.poll(11);
  CHECK(node.gpu_at(11, 0) == Labels{{"namespace", "team-a"}, {"pod", "a"}, {"container", "worker"}, {"pod_uid", uid(7)}});
  CHECK(node.pod_at(3.1, 0) == uid(7));
  CHECK(node.gpu_at(11, 1) == Labels{{"namespace", "team-a"}, {"pod", "b"}, {"container", "worker"}});
  CHECK(node.gpu_at(9, 1).empty());
  // Between two processes it stays; when its cgroup has gone, a list that still has it is an old kubelet's.
  node.write("sys/fs/cgroup/cgroup.controllers", "cpu");
  node.write("sys/fs/cgroup/kubepods/pod" + uid(7) + "/cgroup.events", "populated 1\n");
  node.end_process(100);
  node.poll(20);
  CHECK(node.pod_at(20, 0) == uid(7));
  node.remove("sys/fs/cgroup/kubepods");
  node.poll_each_second(21, 26);
  CHECK(node.gpu_at(26, 0).empty());
  CHECK(node.reason("nvidia", "0") == "free");
}

TEST_CASE("what an earlier agent told is ended when it is no more, and goes on when it is", "[attribution]") {
  Node node;
  node.cards(2);
  node.says(1, {entry("a", {"GPU-0"}), entry("b", {"GPU-1"})}, {pod("a", 1, 0), pod("b", 2, 0)});
  node.poll(2);
  node.start();
  node.says(10, {entry("a", {"GPU-0"})}, {pod("a", 1, 0)});
  node.poll(11);
  CHECK(node.pod_at(9, 1) == uid(2));
  CHECK(node.pod_at(11, 0) == uid(1));
  CHECK(node.pod_at(11, 1).empty());
}

TEST_CASE("an agent that starts anew keeps whose a card is until the card has told its numbers", "[attribution]") {
  Node node;
  node.cards(1);
  const auto list = [&](double at) { node.says(at, {entry("a", {"nvidia0"})}, {pod("a", 1, 0)}); };
  list(1);
  node.poll(2);
  CHECK(node.pod_at(2, 0) == uid(1));
  node.start();
  node.cards(0);
  node.card("nvidia", 0, "GPU-0", "");
  list(400);
  node.poll_each_second(400, 403);
  node.cards(1);
  node.poll_each_second(404, 406);
  for (int s = 398; s <= 406; ++s) CHECK(node.pod_at(s, 0) == uid(1));
}

TEST_CASE("a pod's new labels are its cards' from then on", "[attribution]") {
  Node node;
  node.cards(1);
  node.says(1, {entry("a", {"GPU-0"})}, {pod("a", 1, 0)});
  node.poll(2);
  Pod other = pod("a", 1, 0);
  other.labels["system.hero.ai/job-name"] = "renamed";
  node.says(10, {entry("a", {"GPU-0"})}, {other});
  node.poll(11);
  CHECK(node.gpu_at(9, 0).get("job_name") == "job-a");
  CHECK(node.gpu_at(10, 0).get("job_name") == "renamed");
  CHECK(node.at(12, {{"id", "/x"}, {"pod_uid", uid(1)}}).get("job_name") == "renamed");
  CHECK(node.at(12, {{"pod_uid", uid(1)}, {"container_id", std::string(64, 'a')}}).get("container") == "worker");
}

TEST_CASE("before a pod's labels changed its own, its containers' and its processes' series carry the old ones",
          "[attribution]") {
  Node node;
  node.cards(1);
  node.process(0, 100, "0::/kubepods/pod" + uid(1) + "/" + std::string(64, 'a') + "\n", 2);
  node.process(0, 200, "0::/kubepods/pod" + uid(2) + "/" + std::string(64, 'b') + "\n", 2);
  const std::vector<PodEntry> list{entry("a", {"GPU-0::0"}), entry("b", {"GPU-0::1"})};
  Pod a = pod("a", 1, 1);
  node.says(3, list, {a, pod("b", 2, 1)});
  node.poll(4);
  a.labels["system.hero.ai/job-name"] = "renamed";
  node.says(10, list, {a, pod("b", 2, 1)});
  node.poll(11);
  const Labels container{{"pod_uid", uid(1)}, {"container_id", std::string(64, 'a')}};
  for (const auto& [second, job] : {std::pair(3.0, "job-a"), std::pair(9.9, "job-a"), std::pair(10.0, "renamed")}) {
    INFO(second);
    CHECK(node.at(second, {{"pod_uid", uid(1)}}).get("job_name") == job);
    CHECK(node.at(second, container).get("job_name") == job);
    CHECK(node.at(second, container).get("container") == "worker");
    CHECK(node.gpu_at(second, 0, {{"pid", "100"}}).get("job_name") == job);
    CHECK(node.gpu_at(second, 0, {{"pid", "200"}}).get("job_name") == "job-b");
  }
  // A process that is told of later was in the same pod then.
  node.process(0, 101, "0::/kubepods/pod" + uid(1) + "/" + std::string(64, 'a') + "\n", 5);
  node.poll(12);
  CHECK(node.gpu_at(11, 0, {{"pid", "101"}}).get("job_name") == "renamed");
  CHECK(node.gpu_at(9, 0, {{"pid", "101"}}).get("job_name") != "renamed");
}

TEST_CASE("while nobody tells the pods, what was told of them stays", "[attribution]") {
  for (const bool restarted : {false, true}) {
    INFO((restarted ? "the agent was restarted" : "the API server fell silent"));
    Node node;
    node.cards(3);
    const auto cgroup = [](int pod) { return "0::/kubepods/pod" + uid(pod) + "/" + std::string(64, 'a') + "\n"; };
    node.process(0, 100, cgroup(1), 2);
    node.process(2, 300, cgroup(1), 2);
    const std::vector<PodEntry> list{entry("a", {"GPU-0"}), entry("b", {"GPU-1"})};
    node.says(3, list, {pod("a", 1, 1), pod("b", 2, 1)});
    node.poll(4);
    if (restarted) node.start();
    for (int s = 10; s <= 200; s += 5) {
      node.no_pods(s, list);
      node.poll_each_second(s + 1, s + 5);
    }
    for (int s : {5, 11, 100, 200}) {
      INFO(s);
      CHECK(node.gpu_at(s, 0).get("job_name") == "job-a");
      CHECK(node.gpu_at(s, 1).get("job_name") == "job-b");
      CHECK(node.gpu_at(s, 2, {{"pid", "300"}}).get("job_name") == "job-a");
      CHECK(node.at(s, {{"pod_uid", uid(2)}}).get("job_name") == "job-b");
      CHECK(node.at(s, {{"container_id", std::string(64, 'a')}}).get("container") == "worker");
    }
    // The next pod of the name is another one.
    node.process(0, 101, cgroup(7), 204);
    node.end_process(100);
    node.no_pods(205, list);
    node.poll(206);
    CHECK(node.pod_at(203, 0) == uid(1));
    CHECK(node.gpu_at(206, 0) == Labels{{"namespace", "team-a"}, {"pod", "a"}, {"container", "worker"}, {"pod_uid", uid(7)}});
    // And those that are no more are ended when the pods are told again.
    node.says(210, {}, {});
    node.poll(211);
    CHECK(node.at(211, {{"pod_uid", uid(2)}}).empty());
  }
}

TEST_CASE("a pod that was first seen by its name alone gets its labels from its start on, when the pods are told",
          "[attribution]") {
  for (const bool process : {false, true}) {
    INFO((process ? "by a process on the card" : "by the list alone"));
    Node node;
    node.cards(2);
    node.says(1, {entry("old", {"GPU-0"})}, {pod("old", 9, 0)});
    node.poll(2);
    node.says(4, {}, {});
    node.poll(4);
    if (process) node.process(0, 100, "0::/kubepods/pod" + uid(1) + "/" + std::string(64, 'a') + "\n", 8);
    node.no_pods(10, {entry("a", {"GPU-0"}), entry("b", {"GPU-1"})});
    node.poll_each_second(10, 19);
    CHECK(node.gpu_at(11, 0).get("pod") == "a");
    CHECK(node.gpu_at(11, 0).get("job_name").empty());
    node.says(20, {entry("a", {"GPU-0"}), entry("b", {"GPU-1"})}, {pod("a", 1, 6), pod("b", 2, 0)});
    node.poll(21);
    for (int s = 6; s <= 21; ++s) {
      INFO(s);
      CHECK(node.gpu_at(s, 0).get("job_name") == "job-a");
      // Of card 1 another list said otherwise.
      CHECK(node.gpu_at(s, 1).get("job_name") == (s < 4 ? "" : "job-b"));
      CHECK(node.gpu_at(s, 0, {{"pid", "100"}}).get("job_name") == "job-a");
    }
    CHECK(node.gpu_at(5.9, 0).empty());
    CHECK(node.pod_at(3.5, 0) == uid(9));
    // From then on it is known, and a change is a change.
    Pod a = pod("a", 1, 6);
    a.labels["system.hero.ai/job-name"] = "renamed";
    node.says(30, {entry("a", {"GPU-0"}), entry("b", {"GPU-1"})}, {a, pod("b", 2, 0)});
    node.poll(31);
    CHECK(node.gpu_at(29, 0).get("job_name") == "job-a");
    CHECK(node.gpu_at(30, 0).get("job_name") == "renamed");
  }
}

TEST_CASE("the clock steps back: whose a card is stays known, and ends when it ends", "[attribution]") {
  Node node;
  node.cards(2);
  node.write("sys/fs/cgroup/cgroup.controllers", "cpu");
  node.write("sys/fs/cgroup/kubepods/pod" + uid(1) + "/cgroup.events", "populated 1\n");
  const std::vector<PodEntry> list{entry("a", {"GPU-0"}), entry("b", {"GPU-1"})};
  node.says(1005, list, {pod("a", 1, 1000), pod("b", 2, 1001)});
  node.poll(1006);
  CHECK(node.pod_at(1006, 0) == uid(1));
  const std::size_t told = node.told();
  node.poll(500);
  CHECK(node.kubelet().asked > 0);
  node.says(501, list, {pod("a", 1, 1000), pod("b", 2, 1001)});
  node.poll_each_second(502, 540);
  CHECK(node.told() == told);  // who keeps them tells them again
  CHECK(node.reason("nvidia", "0") == "attributed");
  node.says(541, {entry("b", {"GPU-1"})}, {pod("b", 2, 1001)});
  node.remove("sys/fs/cgroup/kubepods");
  node.poll_each_second(542, 545);
  CHECK(node.gpu_at(545, 0).empty());
  CHECK(node.gpu_at(1006, 0).empty());
  CHECK(node.reason("nvidia", "0") == "free");
  CHECK(node.reason("nvidia", "1") == "attributed");
}

TEST_CASE("a pod whose cgroup has gone does not get its card back, however long it is listed", "[attribution]") {
  for (const bool told : {true, false}) {
    INFO((told ? "the pods are told" : "they are not"));
    Node node;
    node.cards(1);
    node.write("sys/fs/cgroup/cgroup.controllers", "cpu");
    const std::string cgroup = "sys/fs/cgroup/kubepods/pod" + uid(1);
    node.write(cgroup + "/cgroup.events", "populated 1\n");
    const auto says = [&](double at, bool pods) {
      if (pods) node.says(at, {entry("a", {"GPU-0"})}, {pod("a", 1, 0)});
      if (!pods) node.no_pods(at, {entry("a", {"GPU-0"})});
    };
    says(1, true);
    node.poll(2);
    node.remove("sys/fs/cgroup/kubepods");
    for (int s = 10; s <= 800; s += 10) {
      says(s, told);
      node.poll_each_second(s, s + 9);
    }
    CHECK(node.pod_at(9, 0) == uid(1));
    CHECK(node.reason("nvidia", "0") == "free");
    for (int s = 11; s <= 809; ++s) REQUIRE(node.gpu_at(s, 0).empty());
    // The API server falls silent, or comes back: it is dead all the same.
    says(810, !told);
    node.poll(811);
    CHECK(node.gpu_at(811, 0).empty());
    // Its cgroup is there again: its containers were made anew.
    node.write(cgroup + "/cgroup.events", "populated 1\n");
    says(820, true);
    node.poll_each_second(821, 826);
    CHECK(node.pod_at(826, 0) == uid(1));
    CHECK(node.pod_at(500, 0).empty());
  }
}

TEST_CASE("a kubelet that has just restarted and lists nothing is not believed of a pod that lives", "[attribution]") {
  for (const bool pods_told : {true, false}) {
    INFO((pods_told ? "the pods are told" : "they are not"));
    Node node;
    node.cards(2);
    node.write("sys/fs/cgroup/cgroup.controllers", "cpu");
    node.write("sys/fs/cgroup/kubepods/pod" + uid(1) + "/cgroup.events", "populated 1\n");
    node.says(1, {entry("a", {"GPU-0"}), entry("b", {"GPU-1"})}, {pod("a", 1, 0), pod("b", 2, 0)});
    node.poll(2);
    const auto says = [&](double at, std::vector<PodEntry> list) {
      if (pods_told) node.says(at, std::move(list), {pod("a", 1, 0), pod("b", 2, 0)});
      if (!pods_told) node.no_pods(at, std::move(list));
    };
    says(10, {});
    const int asked = node.kubelet().asked;
    node.poll_each_second(10, 14);
    CHECK(node.kubelet().asked > asked);
    CHECK(node.pod_at(14, 0) == uid(1));
    CHECK(node.reason("nvidia", "0") == "attributed");
    CHECK(node.pod_at(14, 1).empty());  // of its pod no cgroup is seen
    says(15, {entry("a", {"GPU-0"})});
    node.poll_each_second(15, 19);
    CHECK(node.pod_at(19, 0) == uid(1));
    // One that says so for long is right, if it is known which pods there are.
    for (int s = 20; s <= 90; s += 5) {
      says(s, {});
      node.poll_each_second(s, s + 4);
    }
    CHECK(node.pod_at(19, 0) == uid(1));
    CHECK(node.pod_at(20, 0) == (pods_told ? "" : uid(1)));
    CHECK(node.pod_at(94, 0) == (pods_told ? "" : uid(1)));
    node.remove("sys/fs/cgroup/kubepods");
    node.poll_each_second(95, 101);
    CHECK(node.pod_at(101, 0).empty());
    if (!pods_told) CHECK(node.pod_at(94, 0) == uid(1));
  }
}

TEST_CASE("Huawei's annotation counts, and not the kubelet's list", "[attribution]") {
  Node node;
  node.cards(0);
  node.card("huawei", 0, "A-0", R"(,physical_id="4")");
  node.card("huawei", 1, "A-1", R"(,physical_id="5")");
  node.card("huawei", 2, "A-2", R"(,physical_id="6")");
  Pod p = pod("a", 1, 0);
  node.says(1, {entry("a", {"Ascend910-4"}, "huawei.com/Ascend910")}, {p});
  node.poll(2);
  CHECK(node.at(2, {{"uuid", "A-0"}}).get("pod") == "a");
  p.annotations["huawei.com/AscendReal"] = "Ascend910-5";
  node.says(5, {entry("a", {"Ascend910-4"}, "huawei.com/Ascend910")}, {p});
  node.poll(6);
  CHECK(node.reason("huawei", "0") == "other_chip");
  CHECK(node.reason("huawei", "2") == "free");
  CHECK(node.at(6, {{"vdie_id", "A-1"}}).get("pod") == "a");
  CHECK(node.at(6, {{"uuid", "A-0"}}).empty());
}

TEST_CASE("an id that nobody can read makes its vendor's other cards unknown, not free", "[attribution]") {
  Node node;
  node.cards(2);
  node.card("amd", 0, "77", "");
  node.says(1, {entry("a", {"GPU-0", "odd"})}, {pod("a", 1, 0)});
  node.poll(2);
  CHECK(node.reason("nvidia", "0") == "attributed");
  CHECK(node.reason("nvidia", "1") == "unknown_id");
  CHECK(node.reason("amd", "0") == "free");
}

TEST_CASE("cards that are seen through another exporter only are found by their uuids", "[attribution]") {
  Node node;
  node.says(1, {entry("a", {"MLU-7"}, "cambricon.com/mlu")}, {pod("a", 1, 0)});
  node.poll(2);
  CHECK(node.at(2, {{"__name__", "mlu_utilization"}, {"uuid", "MLU-7"}}).get("pod") == "a");
}

TEST_CASE("Slurm's folder of jobs is the label hpc_job, several jobs one label", "[attribution]") {
  AttributionOptions options;
  test::TempDir folder;
  options.slurm_job_mapping = folder.path();
  Node node(options);
  node.cards(3);
  std::ofstream(folder / "0") << "42\n";
  std::ofstream(folder / "1") << "42\n 7 \n42\n\n";
  std::ofstream(folder / "README") << "9\n";
  node.says(1, {entry("a", {"GPU-0"})}, {pod("a", 1, 0)});
  node.poll(2);
  // The files are of today, and so is the identity then.
  CHECK(node.gpu_at(3, 0).get("hpc_job") == "42");
  CHECK(node.gpu_at(3, 0).get("pod") == "a");
  CHECK(node.gpu_at(3, 1).get("hpc_job") == "7,42");
  CHECK(node.gpu_at(3, 2).empty());
  std::filesystem::remove(folder / "1");
  node.poll(4);
  CHECK(node.gpu_at(4, 1).empty());
}

TEST_CASE("the folder of Slurm's jobs numbers NVIDIA's cards, and no other vendor's", "[attribution]") {
  AttributionOptions options;
  test::TempDir folder;
  options.slurm_job_mapping = folder.path();
  Node node(options);
  node.cards(1);
  node.card("huawei", 0, "A-0", R"(,physical_id="0")");
  std::ofstream(folder / "0") << "42\n";
  node.says(1, {}, {});
  node.poll(2);
  CHECK(node.gpu_at(3, 0).get("hpc_job") == "42");
  CHECK(node.at(3, {{"uuid", "A-0"}}).empty());
}

TEST_CASE("a file of Slurm's jobs that is empty for a moment keeps them", "[attribution]") {
  const test::TempDir folder;
  const TimeMs now = system_clock().wall_ms();
  std::ofstream(folder / "0") << "42\n";
  const auto jobs = read_slurm_jobs(folder.path(), {}, now);
  REQUIRE(jobs.at("0").ids == "42");
  std::ofstream(folder / "0").flush();
  CHECK(read_slurm_jobs(folder.path(), {}, now).empty());
  const auto kept = read_slurm_jobs(folder.path(), jobs, now);
  REQUIRE(kept.contains("0"));
  CHECK(kept.at("0").ids == "42");
  CHECK(kept.at("0").since == jobs.at("0").since);
  CHECK(read_slurm_jobs(folder.path(), jobs, now + 60'000).empty());
  // What is there and no folder cannot be listed; what is not there has no jobs.
  CHECK(read_slurm_jobs(folder / "0", jobs, now).size() == 1);
  CHECK(read_slurm_jobs(folder / "none", jobs, now).empty());
}

TEST_CASE("a Slurm job's processes and cgroups carry its id", "[attribution]") {
  Node node;
  node.cards(1);
  node.write("sys/fs/cgroup/cgroup.controllers", "cpu");
  node.write("sys/fs/cgroup/system.slice/slurmstepd.scope/job_42/step_0/cgroup.events", "populated 1\n");
  node.process(0, 100, "0::/system.slice/slurmstepd.scope/job_42/step_0/user/task_0\n", 1);
  node.says(1, {}, {});
  node.poll(2);
  CHECK(node.gpu_at(2, 0, {{"pid", "100"}}).get("slurm_job_id") == "42");
  CHECK(node.gpu_at(2, 0).empty());
  CHECK(node.at(2, {{"id", "/system.slice/slurmstepd.scope/job_42"}}).get("slurm_job_id") == "42");
}
