#include "sampler/identity/pod_client.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <fstream>
#include <future>
#include <mutex>
#include <set>

#include "proto/http_server.h"
#include "sampler/identity/kubelet_watch.h"
#include "tests/temp_dir.h"

using namespace tacho;
using namespace tacho::sampler;

namespace {

// Whoever tells the pods, and what was asked of it.
struct Server {
  std::vector<std::string> asked;
  std::string answer = R"({"items":[{"metadata":{"name":"a","namespace":"n","uid":"u"}}]})";
  int status = 200;
  std::unique_ptr<HttpServer> server =
      HttpServer::start({.listen = "127.0.0.1:0"}, [this](const HttpRequest& r) { return take(r); }).value();

  HttpResponse take(const HttpRequest& r) {
    asked.push_back(r.path);
    for (const auto& [name, value] : r.query) asked.back() += fmt::format(" {}={}", name, value);
    if (!r.header("Authorization").empty()) asked.back() += fmt::format(" [{}]", r.header("Authorization"));
    const auto next = r.param("continue");
    HttpResponse out;
    out.status = status;
    out.body = answer;
    if (answer == "parts") {
      const std::string part = std::string(next.value_or("1"));
      out.body = fmt::format(
          R"({{"metadata":{{"continue":"{}"}},"items":[{{"metadata":{{"name":"p{}","namespace":"n","uid":"u{}"}}}}]}})",
          part == "1"     ? "2&x"
          : part == "2&x" ? "3"
                          : "",
          part, part);
    }
    return out;
  }
  std::string url() const { return "http://" + server->address(); }
};

}  // namespace

TEST_CASE("the kubelet is asked for its pods by plain HTTP without a token", "[identity]") {
  Server server;
  test::TempDir dir;
  std::ofstream(dir / "token") << "secret\n";
  PodClient client({.from = PodClientOptions::From::kubelet, .url = server.url(), .token_file = dir / "token"});
  const auto pods = client.fetch(60'000);
  REQUIRE(pods);
  CHECK(pods->size() == 1);
  CHECK(server.asked == std::vector<std::string>{"/pods"});
}

TEST_CASE("the API server is asked for one node's pods, part by part", "[identity]") {
  Server server;
  server.answer = "parts";
  PodClient client({.from = PodClientOptions::From::api_server, .url = server.url(), .node_name = "node-1"});
  const auto pods = client.fetch(60'000);
  REQUIRE(pods);
  REQUIRE(pods->size() == 3);
  CHECK((*pods)[2].name == "p3");
  CHECK(server.asked == std::vector<std::string>{"/api/v1/pods fieldSelector=spec.nodeName=node-1 limit=250 resourceVersion=0",
                                                 "/api/v1/pods fieldSelector=spec.nodeName=node-1 limit=250 continue=2&x",
                                                 "/api/v1/pods fieldSelector=spec.nodeName=node-1 limit=250 continue=3"});
}

TEST_CASE("who does not tell the pods is named, and what is missing", "[identity]") {
  Server server;
  PodClient client({.from = PodClientOptions::From::kubelet, .url = server.url() + "/pods"});
  const auto trouble = [&](int status, std::string body) {
    server.status = status;
    server.answer = std::move(body);
    const auto pods = client.fetch(60'000);
    REQUIRE_FALSE(pods);
    CHECK(pods.error().message.find(server.url()) != std::string::npos);
    return pods.error().message;
  };
  CHECK(trouble(403, "{}").find("nodes/proxy") != std::string::npos);
  CHECK(trouble(401, "{}").find("token") != std::string::npos);
  CHECK(trouble(500, "{}").find("500") != std::string::npos);
  CHECK(trouble(200, "no JSON").find("no JSON") != std::string::npos);
  PodClient nobody({.from = PodClientOptions::From::nobody});
  CHECK_FALSE(nobody.fetch(100));
  PodClient odd({.from = PodClientOptions::From::kubelet, .url = "ftp://x"});
  CHECK_FALSE(odd.fetch(100));
}

TEST_CASE("the kubelet is asked at once, then at its pace, sooner when that is wanted, and never twice in a second",
          "[identity]") {
  struct Calls {
    std::mutex mutex;
    std::vector<MonoNs> at;  // guarded
    std::size_t count() {
      const std::lock_guard lock(mutex);
      return at.size();
    }
  };
  struct Side final : KubeletSide {
    std::shared_ptr<Calls> calls;  // a call may outlive the test where the machine is held up
    bool fails;
    Side(std::shared_ptr<Calls> c, bool f) : calls(std::move(c)), fails(f) {}
    std::expected<std::vector<PodEntry>, KubeletError> list() override {
      const std::lock_guard lock(calls->mutex);
      calls->at.push_back(system_clock().mono());
      if (fails) return std::unexpected(KubeletError{{"no"}, KubeletFault::rate_limited});
      return std::vector<PodEntry>();
    }
    Result<std::vector<Pod>> pods() override { return std::vector<Pod>(); }
  };
  auto calls = std::make_shared<Calls>();
  {
    KubeletWatch watch(std::make_unique<Side>(calls, false), 60'000);
    const MonoNs until = system_clock().mono() + 60 * kNsPerSecond;
    while (calls->count() < 3 && system_clock().mono() - until < 0) {
      watch.ask_soon();
      system_clock().sleep_until(system_clock().mono() + 20 * kNsPerMs);
    }
    CHECK(watch.latest()->number >= 1);
  }
  CHECK(calls->count() >= 3);
  for (std::size_t i = 1; i < calls->at.size(); ++i) CHECK(calls->at[i] - calls->at[i - 1] >= KubeletWatch::kApartMs * kNsPerMs);
  // One that fails is not asked sooner, however much it is wanted.
  calls = std::make_shared<Calls>();
  {
    KubeletWatch watch(std::make_unique<Side>(calls, true), 60'000);
    const MonoNs until = system_clock().mono() + 1300 * kNsPerMs;
    while (system_clock().mono() - until < 0 || calls->count() == 0) {
      watch.ask_soon();
      system_clock().sleep_until(system_clock().mono() + 20 * kNsPerMs);
    }
  }
  CHECK(calls->count() == 1);
}

TEST_CASE("who asks the kubelet ends at once where no call is in flight", "[identity]") {
  struct Side final : KubeletSide {
    std::expected<std::vector<PodEntry>, KubeletError> list() override { return std::vector<PodEntry>(); }
    Result<std::vector<Pod>> pods() override { return std::vector<Pod>(); }
  };
  // A machine that is held up for half a second may not grant it, once.
  bool clean = false;
  for (int i = 0; i < 5 && !clean; ++i) {
    KubeletWatch watch(std::make_unique<Side>(), 60'000);
    while (watch.latest()->number == 0) system_clock().sleep_until(system_clock().mono() + kNsPerMs);
    clean = watch.stop();
  }
  CHECK(clean);
}

TEST_CASE("a socket that is not there is looked for again within seconds, and nobody else is asked more often for that",
          "[identity]") {
  struct Side final : KubeletSide {
    int& lists;
    int& pod_lists;
    Side(int& l, int& p) : lists(l), pod_lists(p) {}
    std::expected<std::vector<PodEntry>, KubeletError> list() override {
      if (++lists > 1) return std::vector<PodEntry>{{"p", "n", {}}};
      return std::unexpected(KubeletError{{"no"}, KubeletFault::no_socket});
    }
    Result<std::vector<Pod>> pods() override {
      ++pod_lists;
      return std::vector<Pod>(1);
    }
  };
  int lists = 0;
  int pod_lists = 0;
  {
    KubeletWatch watch(std::make_unique<Side>(lists, pod_lists), 60'000);
    const MonoNs until = system_clock().mono() + 60 * kNsPerSecond;
    while (watch.latest()->number < 2 && system_clock().mono() - until < 0)
      system_clock().sleep_until(system_clock().mono() + 50 * kNsPerMs);
    CHECK(watch.latest()->list.value().size() == 1);
    CHECK(watch.latest()->pods.value().size() == 1);
  }
  CHECK(lists == 2);
  CHECK(pod_lists == 2);
}

TEST_CASE("pods that are not told are asked for ever less often, on each node at another time", "[identity]") {
  std::set<std::int64_t> fourth;
  for (int node = 0; node < 50; ++node) {
    PodsRest rest(fmt::format("node-{}", node));
    CHECK(rest.ms() == 0);
    std::vector<std::int64_t> all;
    for (int failed = 0; failed < 8; ++failed) {
      rest.note(false);
      all.push_back(rest.ms());
    }
    CHECK(all.front() == PodsRest::kMinMs);
    CHECK(std::is_sorted(all.begin(), all.end()));
    CHECK(all[3] > 30'000);
    CHECK(all.back() >= PodsRest::kMaxMs * 4 / 5);
    CHECK(all.back() <= PodsRest::kMaxMs);
    fourth.insert(all[3]);
    rest.note(true);
    CHECK(rest.ms() == 0);
  }
  CHECK(fourth.size() > 25);
}

TEST_CASE("the kubelet's list is asked for at its pace while the pods rest", "[identity]") {
  struct Side final : KubeletSide {
    int& lists;
    int& pod_lists;
    Side(int& l, int& p) : lists(l), pod_lists(p) {}
    std::expected<std::vector<PodEntry>, KubeletError> list() override {
      ++lists;
      return std::vector<PodEntry>();
    }
    Result<std::vector<Pod>> pods() override {
      ++pod_lists;
      return failure("not now");
    }
  };
  int lists = 0;
  int pod_lists = 0;
  {
    KubeletWatch watch(std::make_unique<Side>(lists, pod_lists), 100);
    const MonoNs until = system_clock().mono() + 60 * kNsPerSecond;
    while (watch.latest()->number < 5 && system_clock().mono() - until < 0)
      system_clock().sleep_until(system_clock().mono() + 20 * kNsPerMs);
    CHECK_FALSE(watch.latest()->pods);
  }
  CHECK(lists >= 5);
  CHECK(pod_lists == 1);
}

TEST_CASE("a kubelet that hangs does not hold up the end", "[identity]") {
  struct Calls {
    std::promise<void> begun, over;
    std::atomic<bool> gone{false};
  };
  struct Side final : KubeletSide {
    std::shared_ptr<Calls> calls;
    explicit Side(std::shared_ptr<Calls> c) : calls(std::move(c)) {}
    ~Side() override { calls->gone = true; }
    std::expected<std::vector<PodEntry>, KubeletError> list() override {
      calls->begun.set_value();
      calls->over.get_future().wait();
      return std::vector<PodEntry>();
    }
    Result<std::vector<Pod>> pods() override { return std::vector<Pod>(); }
  };
  const auto calls = std::make_shared<Calls>();
  {
    KubeletWatch watch(std::make_unique<Side>(calls), 60'000);
    calls->begun.get_future().wait();
    CHECK_FALSE(watch.stop());
    calls->over.set_value();
    CHECK_FALSE(watch.stop());  // though it may have ended since
  }
  // What was left behind has ended before the test does.
  while (!calls->gone) system_clock().sleep_until(system_clock().mono() + kNsPerMs);
}
