#include "proto/grpc_call.h"

#include <sys/un.h>

#include <chrono>

#include "tests/kubelet_process.h"
#include "tests/proto/raw_socket.h"

using namespace tacho;

namespace {

const char* const kList = "/v1.PodResourcesLister/List";

// A unix socket whose server does what it likes with one connection.
class RawServer {
 public:
  explicit RawServer(std::function<void(test::RawSocket&)> serve) : listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un a{};
    a.sun_family = AF_UNIX;
    path().copy(a.sun_path, sizeof a.sun_path - 1);
    REQUIRE(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&a), sizeof a) == 0);
    REQUIRE(::listen(listener_.get(), 4) == 0);
    thread_ = std::thread([this, serve = std::move(serve)] {
      Fd fd(::accept(listener_.get(), nullptr, nullptr));
      if (!fd) return;
      test::RawSocket s(std::move(fd));
      serve(s);
    });
  }
  ~RawServer() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
  }
  std::string path() const { return dir_ / "raw.sock"; }

 private:
  test::TempDir dir_;
  Fd listener_;
  std::thread thread_;
};

// For a server in Python on a machine that may be held up.
constexpr std::int64_t kPatienceMs = 60'000;

std::int64_t ms_since(std::chrono::steady_clock::time_point begun) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun).count();
}

}  // namespace

TEST_CASE("a call of a real gRPC server gets its message, again and again", "[grpc]") {
  test::KubeletProcess kubelet;
  CHECK(grpc_call({.socket = kubelet.socket(), .timeout_ms = kPatienceMs}, kList, "").value() == "");
  kubelet.say(R"({"list": [{"name": "train-0", "namespace": "team-a", "containers": []}]})");
  for (int i = 0; i < 3; ++i) {
    const auto answer = grpc_call({.socket = kubelet.socket(), .timeout_ms = kPatienceMs}, kList, "");
    REQUIRE(answer);
    CHECK(answer->find("train-0") != std::string::npos);
  }
}

TEST_CASE("what a gRPC server says against a call is the error, with its status", "[grpc]") {
  test::KubeletProcess kubelet;
  const auto status = [&](const char* trouble, const char* text) {
    kubelet.say(fmt::format(R"({{"trouble": "{}"}})", trouble));
    const auto answer = grpc_call({.socket = kubelet.socket(), .timeout_ms = kPatienceMs}, kList, "");
    REQUIRE_FALSE(answer);
    INFO(answer.error().message);
    CHECK(answer.error().message.find(text) != std::string::npos);
    CHECK(answer.error().message.find(kubelet.socket()) != std::string::npos);
    return answer.error().status;
  };
  CHECK(status("exhausted", "RESOURCE_EXHAUSTED: rejected by rate limit: 100% of 10") == GrpcStatus::resource_exhausted);
  // A line break in a message must not make two lines of one in the log.
  CHECK(status("denied", "PERMISSION_DENIED: not for you or anybody") == GrpcStatus::permission_denied);
  CHECK(status("unimplemented", "UNIMPLEMENTED") == GrpcStatus::unimplemented);
  const auto other = grpc_call({.socket = kubelet.socket(), .timeout_ms = kPatienceMs}, "/v1.Nobody/Knows", "");
  REQUIRE_FALSE(other);
  CHECK(other.error().status == GrpcStatus::unimplemented);
}

TEST_CASE("an answer that is slow or too large ends the call, and the next one is as good as the first", "[grpc]") {
  test::KubeletProcess kubelet;
  kubelet.say(R"({"trouble": "slow", "seconds": 8})");
  const auto begun = std::chrono::steady_clock::now();
  const auto late = grpc_call({.socket = kubelet.socket(), .timeout_ms = 300}, kList, "");
  REQUIRE_FALSE(late);
  CHECK(late.error().sys_errno == ETIMEDOUT);
  CHECK(ms_since(begun) < 7500);

  kubelet.say(R"({"trouble": "huge"})");
  const auto huge = grpc_call({.socket = kubelet.socket(), .timeout_ms = kPatienceMs}, kList, "");
  REQUIRE_FALSE(huge);
  CHECK(huge.error().sys_errno == EMSGSIZE);
  const auto allowed =
      grpc_call({.socket = kubelet.socket(), .timeout_ms = kPatienceMs, .bytes_max = std::size_t{32} << 20}, kList, "");
  REQUIRE(allowed);
  CHECK(allowed->size() > std::size_t{17} << 20);
  kubelet.say("{}");
  CHECK(grpc_call({.socket = kubelet.socket(), .timeout_ms = kPatienceMs}, kList, ""));
}

TEST_CASE("a server that was started anew is found at the same path", "[grpc]") {
  test::KubeletProcess kubelet;
  CHECK(grpc_call({.socket = kubelet.socket(), .timeout_ms = kPatienceMs}, kList, ""));
  kubelet.end();
  const auto gone = grpc_call({.socket = kubelet.socket(), .timeout_ms = kPatienceMs}, kList, "");
  REQUIRE_FALSE(gone);
  CHECK((gone.error().sys_errno == ECONNREFUSED || gone.error().sys_errno == ENOENT));
  kubelet.start();
  CHECK(grpc_call({.socket = kubelet.socket(), .timeout_ms = kPatienceMs}, kList, ""));
}

TEST_CASE("what is no gRPC server is an error and no crash", "[grpc]") {
  const auto call = [](std::function<void(test::RawSocket&)> serve, std::int64_t timeout_ms = kPatienceMs) {
    RawServer server(std::move(serve));
    const auto answer = grpc_call({.socket = server.path(), .timeout_ms = timeout_ms}, kList, "");
    REQUIRE_FALSE(answer);
    CHECK(answer.error().status == GrpcStatus::ok);
    return answer.error();
  };
  const auto http1 = call([](test::RawSocket& s) {
    s.receive("te");  // all of the request
    s.send("HTTP/1.1 400 Bad Request\r\n\r\n");
    s.receive();
  });
  INFO(http1.message);
  CHECK(http1.message.find("HTTP/2") != std::string::npos);
  call([](test::RawSocket& s) { s.close(); });
  call([](test::RawSocket& s) {
    s.receive("PRI");
    s.send(std::string("\x00\x00\x00\x04\x00\x00\x00\x00\x00", 9));  // SETTINGS, then the end
  });
  // A connection that nothing comes from.
  CHECK(call([](test::RawSocket& s) { s.receive(); }, 500).sys_errno == ETIMEDOUT);
  const auto nowhere = grpc_call({.socket = "/nonexistent/kubelet.sock"}, kList, "");
  REQUIRE_FALSE(nowhere);
  CHECK(nowhere.error().sys_errno == ENOENT);
  CHECK_FALSE(grpc_call({.socket = std::string(200, 'x')}, kList, ""));
}

TEST_CASE("grpc-message is decoded as it was percent-encoded", "[grpc]") {
  CHECK(decode_grpc_message("a%20b") == "a b");
  CHECK(decode_grpc_message("100%25 %zz %4") == "100% %zz %4");
  CHECK(decode_grpc_message("%0a%00x") == "  x");
  CHECK(decode_grpc_message("%C3%A4") == "\xC3\xA4");
  CHECK(grpc_status_name(8) == "RESOURCE_EXHAUSTED");
  CHECK(grpc_status_name(99) == "status 99");
  CHECK(grpc_status_name(-1) == "status -1");
}
