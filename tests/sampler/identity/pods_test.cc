#include "sampler/identity/pods.h"

#include <catch2/catch.hpp>

using namespace tacho;
using namespace tacho::sampler;

namespace {

constexpr TimeMs kT = 1'767'225'600'000;  // 2026-01-01T00:00:00Z

}  // namespace

TEST_CASE("a list of pods in Kubernetes' JSON is read: who, labels, when containers began and ended", "[identity]") {
  const auto list = parse_pods(R"({"kind":"PodList","metadata":{"continue":"more"},"items":[
    {"metadata":{"name":"train-0","namespace":"team-a","uid":"3f0c1d2e-0000-4000-8000-000000000001",
                 "creationTimestamp":"2026-01-01T00:00:00Z","labels":{"tenant.id":"1","x":7},"annotations":{"a":"b=\"c\""}},
     "spec":{"containers":[]},
     "status":{"phase":"Running","initContainerStatuses":[
        {"name":"init","containerID":"containerd://11","state":{"terminated":{"startedAt":"2026-01-01T00:00:01Z","finishedAt":"2026-01-01T00:00:02Z"}}}],
      "containerStatuses":[
        {"name":"worker","containerID":"cri-o://22","state":{"running":{"startedAt":"2026-01-01T00:00:09Z"}},
         "lastState":{"terminated":{"startedAt":"2026-01-01T00:00:03Z","finishedAt":"2026-01-01T00:00:08Z"}}},
        {"name":"waits","state":{"waiting":{"reason":"ContainerCreating"}}}]}},
    {"metadata":{"name":"done","namespace":"n","uid":"u2"},
     "status":{"phase":"Succeeded","containerStatuses":[{"name":"c","state":{"terminated":{"startedAt":"2026-01-01T00:00:00Z","finishedAt":"2026-01-01T00:01:00Z"}}}]}},
    {"metadata":{"name":"static","namespace":"n","uid":"u3","annotations":{"kubernetes.io/config.hash":"0123456789abcdef0123456789abcdef","kubernetes.io/config.mirror":"0123456789abcdef0123456789abcdef"}}},
    {"metadata":{"name":"poses","namespace":"n","uid":"u4","annotations":{"kubernetes.io/config.hash":"3f0c1d2e-0000-4000-8000-000000000001"}}},
    {"metadata":{"name":"no uid"}}, 7]})");
  REQUIRE(list);
  CHECK(list->next == "more");
  REQUIRE(list->pods.size() == 4);
  const Pod& train = list->pods[0];
  CHECK(train.uid == "3f0c1d2e-0000-4000-8000-000000000001");
  CHECK(train.labels == KeyValues{{"tenant.id", "1"}});
  CHECK(train.annotations == KeyValues{{"a", "b=\"c\""}});
  CHECK(train.created == kT);
  CHECK_FALSE(train.ended);
  REQUIRE(train.containers.size() == 3);
  CHECK(train.containers[1].id == "22");
  CHECK(train.containers[1].running);
  CHECK(train.started("worker") == kT + 3000);  // its first start that is told
  CHECK(train.finished("worker") == std::nullopt);
  CHECK(train.started("waits") == std::nullopt);
  CHECK(train.started("") == kT + 1000);
  CHECK(train.started("nobody") == std::nullopt);
  CHECK(list->pods[1].ended);
  CHECK(list->pods[1].finished("c") == kT + 60'000);
  CHECK(list->pods[2].cgroup_uid == "0123456789abcdef0123456789abcdef");
  CHECK(list->pods[3].cgroup_uid == "u4");
}

TEST_CASE("a pod that claims another one's cgroup is left out, whichever is listed first", "[identity]") {
  const auto make = [](const char* name, const char* uid, const char* cgroup) {
    Pod out;
    out.name = name;
    out.name_space = "n";
    out.uid = uid;
    out.cgroup_uid = cgroup;
    return out;
  };
  std::vector<Pod> pods{make("poses", "u1", "u2"), make("own", "u2", "u2"), make("static", "u3", "hash"),
                        make("again", "u4", "hash")};
  CHECK(drop_twins(pods) == std::vector<std::string>{"n/poses", "n/again"});
  REQUIRE(pods.size() == 2);
  CHECK(pods[0].name == "own");
  CHECK(pods[1].name == "static");
  CHECK(drop_twins(pods).empty());
}

TEST_CASE("what is no list of pods is an error, and an empty one is none", "[identity]") {
  CHECK(parse_pods(R"({"items":null})")->pods.empty());
  CHECK(parse_pods(R"({"items":[]})")->pods.empty());
  for (const std::string text : {"", "{", "[]", "7", R"({"kind":"Status"})", R"({"items":7})", R"({"items":{}})"}) {
    INFO(text);
    CHECK_FALSE(parse_pods(text));
  }
  CHECK_FALSE(parse_pods(R"({"items":)" + std::string(10'000, '[')));
  std::string many = R"({"items":[)";
  for (int i = 0; i < 5000; ++i) many += "{},";
  CHECK_FALSE(parse_pods(many + "{}]}"));
}
