#include "store/shipping/ship_http.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <mutex>
#include <thread>

#include "proto/base/file.h"
#include "proto/http_server.h"
#include "proto/remote_write.h"
#include "tests/proto/raw_socket.h"
#include "tests/store/shipping/ship_fakes.h"

namespace tacho::store {
namespace {

using ship_test::TempFolder;

// A receiver on a free port of the loopback: keeps the last request, answers what it is told to.
struct Receiver {
  std::mutex mutex;  // guards last
  HttpRequest last;
  HttpResponse answer{.status = 204, .body = ""};
  std::unique_ptr<HttpServer> server;

  Receiver() {
    auto started = HttpServer::start({.listen = "127.0.0.1:0", .threads = 1}, [this](const HttpRequest& r) {
      const std::lock_guard lock(mutex);
      last = r;
      return answer;
    });
    REQUIRE(started);
    server = std::move(*started);
  }
  std::string url() const { return "http://" + server->address() + "/api/v1/write?tenant=a"; }
  std::string header(const char* name) {
    const std::lock_guard lock(mutex);
    return std::string(last.header(name));
  }
};

std::unique_ptr<HttpTransport> transport_to(EndpointOptions options) {
  auto made = HttpTransport::create(std::move(options));
  REQUIRE(made);
  return std::move(*made);
}

}  // namespace

TEST_CASE("a request arrives as the protocol wants it") {
  Receiver receiver;
  const auto transport = transport_to({.url = receiver.url(), .headers = {{"X-Scope-OrgID", "team-a"}}});
  const auto answer = transport->send("\x01\x02 body", remote_write_headers());
  REQUIRE(answer);
  CHECK(answer->status == 204);
  CHECK(receiver.last.method == "POST");
  CHECK(receiver.last.path == "/api/v1/write");
  CHECK(receiver.last.param("tenant") == "a");
  CHECK(receiver.last.body == "\x01\x02 body");
  CHECK(receiver.header("Content-Encoding") == "snappy");
  CHECK(receiver.header("X-Scope-OrgID") == "team-a");
  CHECK(receiver.header("Authorization").empty());
}

TEST_CASE("an error status is an answer with its text and headers") {
  Receiver receiver;
  receiver.answer = {.status = 429, .content_type = "text/plain", .body = "slow down", .headers = {{"Retry-After", "7"}}};
  const auto answer = transport_to({.url = receiver.url()})->send("x", {});
  REQUIRE(answer);
  CHECK(answer->status == 429);
  CHECK(answer->body == "slow down");
  const auto& h = answer->headers;
  CHECK(std::any_of(h.begin(), h.end(), [](const auto& p) { return p.second == "7"; }));
}

TEST_CASE("authentication: basic, bearer, another type, files") {
  Receiver receiver;
  const TempFolder folder;
  const auto sent = [&](HttpAuth auth) {
    const auto answer = transport_to({.url = receiver.url(), .auth = std::move(auth)})->send("x", {});
    REQUIRE(answer);
    return receiver.header("Authorization");
  };
  CHECK(sent({.username = "Aladdin", .password = "open sesame"}) == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  CHECK(sent({.username = "u"}) == "Basic dTo=");
  CHECK(sent({.credentials = "abc"}) == "Bearer abc");
  CHECK(sent({.type = "Token", .credentials = "abc"}) == "Token abc");
  const std::string file = folder.path() + "/secret";
  REQUIRE(replace_file(file, " from-file \r\n"));
  CHECK(sent({.credentials_file = file}) == "Bearer from-file");
  CHECK(sent({.username = "u", .password_file = file}) == "Basic dTpmcm9tLWZpbGU=");
}

TEST_CASE("a rotated secret is used at the next send, a missing one is an error that does not show it") {
  Receiver receiver;
  const TempFolder folder;
  const std::string file = folder.path() + "/secret";
  REQUIRE(replace_file(file, "one"));
  const auto transport = transport_to({.url = receiver.url(), .auth = {.credentials_file = file}});
  REQUIRE(transport->send("x", {}));
  CHECK(receiver.header("Authorization") == "Bearer one");
  REQUIRE(replace_file(file, "two"));
  REQUIRE(transport->send("x", {}));
  CHECK(receiver.header("Authorization") == "Bearer two");
  std::filesystem::remove(file);
  const auto failed = transport->send("x", {});
  REQUIRE_FALSE(failed);
  CHECK(failed.error().message.find(file) != std::string::npos);
}

TEST_CASE("the protocol's own headers cannot be overridden") {
  Receiver receiver;
  const auto transport = transport_to({.url = receiver.url(), .headers = {{"content-encoding", "gzip"}, {"AUTHORIZATION", "x"}}});
  REQUIRE(transport->send("x", remote_write_headers()));
  CHECK(receiver.header("Content-Encoding") == "snappy");
  CHECK(receiver.header("Authorization").empty());
  CHECK(is_reserved_header("X-Prometheus-Remote-Write-Version"));
  CHECK_FALSE(is_reserved_header("X-Scope-OrgID"));
}

TEST_CASE("a receiver that is not there, and one that does not answer, are errors within the timeout") {
  const test::DeafPort nobody;
  CHECK_FALSE(transport_to({.url = fmt::format("http://127.0.0.1:{}/", nobody.number()), .timeout_ms = 500})->send("x", {}));

  // Accepts connections and says nothing.
  std::atomic<bool> release{false};
  auto silent = HttpServer::start({.listen = "127.0.0.1:0", .threads = 1}, [&](const HttpRequest&) {
    while (!release) std::this_thread::yield();
    return HttpResponse{};
  });
  REQUIRE(silent);
  const MonoNs begin = system_clock().mono();
  CHECK_FALSE(transport_to({.url = "http://" + (*silent)->address() + "/", .timeout_ms = 200})->send("x", {}));
  CHECK(system_clock().mono() - begin < 20 * kNsPerSecond);
  release = true;
}

TEST_CASE("what is no URL is refused before anything is sent") {
  CHECK_FALSE(HttpTransport::create({.url = "metrics.example.org"}));
  CHECK_FALSE(HttpTransport::create({.url = "ftp://h/"}));
}

}  // namespace tacho::store
