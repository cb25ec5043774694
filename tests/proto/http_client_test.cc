#include "proto/http_client.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <future>
#include <thread>

#include "raw_socket.h"

using namespace tacho;
using test::FakeServer;
using test::RawSocket;

namespace {

HttpClient client_of(const FakeServer& s) {
  return HttpClient(parse_url(fmt::format("http://127.0.0.1:{}/base", s.port())).value());
}

Result<HttpResponse> get(HttpClient& c, std::int64_t timeout_ms = 30'000, std::size_t body_max = 1 << 20) {
  return c.send("GET", "", {}, "", timeout_ms, body_max);
}

// The one answer to every request on every connection.
FakeServer always(std::string answer) {
  return FakeServer([answer](RawSocket& s, int) {
    while (!s.receive("\r\n\r\n").empty() && s.send(answer)) {
    }
  });
}

std::string body_or_error(const Result<HttpResponse>& r) { return r ? r->body : r.error().message; }

// Of a time-out of 200 ms on a machine that may be held up; who has none waits for longer, or for ever.
constexpr double kWithinSeconds = 20;

double seconds_since(std::chrono::steady_clock::time_point t) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - t).count();
}

}  // namespace

TEST_CASE("client: what it sends") {
  std::string seen;
  std::optional<FakeServer> s;
  s.emplace([&seen](RawSocket& c, int) {
    seen = c.receive("body");
    c.send("HTTP/1.1 204 No Content\r\n\r\n");
  });
  const int port = s->port();
  auto c = client_of(*s);
  const auto r = c.send("POST", "/w?x=1", {{"X-A", "1\r\nX-Evil: 2"}, {"host", "other"}}, "body", 5000);
  REQUIRE(r);
  CHECK(r->status == 204);
  s.reset();  // joins the thread that wrote `seen`
  CHECK(seen == fmt::format("POST /w?x=1 HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nX-A: 1  X-Evil: 2\r\nUser-Agent: tacho/" TACHO_VERSION
                            "\r\nContent-Length: 4\r\n\r\nbody",
                            port));
}

TEST_CASE("client: answers of every framing") {
  const FakeServer chunked = always(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: "
      "a/b\r\n\r\n3\r\nabc\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n");
  auto c = client_of(chunked);
  for (int i = 0; i < 3; ++i) CHECK(body_or_error(get(c)) == "abc0123456789abcdef");
  CHECK(get(c)->content_type == "a/b");

  const FakeServer to_the_end([](RawSocket& s, int) {
    (void)s.receive("\r\n\r\n");
    s.send("HTTP/1.1 200 OK\r\n\r\nuntil the end");
  });
  auto e = client_of(to_the_end);
  for (int i = 0; i < 2; ++i) CHECK(body_or_error(get(e)) == "until the end");

  const FakeServer continued = always("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 500 Oh\r\nContent-Length: 2\r\n\r\nno");
  auto f = client_of(continued);
  CHECK(get(f)->status == 500);
  CHECK(get(f)->body == "no");

  const FakeServer head = always("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n");
  auto h = client_of(head);
  for (int i = 0; i < 2; ++i) CHECK(h.send("HEAD", "/", {}, "", 5000)->body.empty());

  const FakeServer bytewise([](RawSocket& s, int) {
    (void)s.receive("\r\n\r\n");
    for (const char byte : std::string("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc")) s.send({&byte, 1});
    (void)s.receive();
  });
  auto b = client_of(bytewise);
  CHECK(body_or_error(get(b)) == "abc");
}

TEST_CASE("client: an answer is put where one that has been read was") {
  const FakeServer s = always("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + std::string(100, 'x'));
  auto c = client_of(s);
  std::string body = get(c)->body;
  body.reserve(1000);
  const char* const where = body.data();
  c.reuse(std::move(body));
  const auto r = get(c);
  REQUIRE(r);
  CHECK(r->body == std::string(100, 'x'));
  CHECK(r->body.data() == where);
}

TEST_CASE("client: a kept connection that was closed is replaced silently, once") {
  std::atomic<int> requests = 0;
  const FakeServer s([&requests](RawSocket& c, int) {
    // Promises to keep the connection and closes it after one answer, sometimes only when the next request comes.
    if (c.receive("\r\n\r\n").empty()) return;
    ++requests;
    c.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    if (requests % 2) (void)c.receive("\r\n\r\n");
  });
  auto c = client_of(s);
  for (int i = 0; i < 6; ++i) CHECK(body_or_error(get(c)) == "ok");
  CHECK(requests == 6);
}

TEST_CASE("client: a new connection that closes without an answer is an error, tried once") {
  std::atomic<int> connections = 0;
  const FakeServer s([&connections](RawSocket& c, int) {
    ++connections;
    (void)c.receive("\r\n\r\n");
  });
  auto c = client_of(s);
  CHECK(body_or_error(get(c)) ==
        fmt::format("GET http://127.0.0.1:{}/base: the server closed the connection before its answer was complete", s.port()));
  CHECK(connections == 1);
}

TEST_CASE("client: a server that hangs, before the answer or within it, costs no more than the timeout") {
  for (const char* part : {"", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n123"}) {
    const FakeServer s([part](RawSocket& c, int) {
      (void)c.receive("\r\n\r\n");
      c.send(part);
      (void)c.receive();
    });
    auto c = client_of(s);
    const auto begin = std::chrono::steady_clock::now();
    CHECK(body_or_error(get(c, 200)) == fmt::format("GET http://127.0.0.1:{}/base: timed out waiting for the answer", s.port()));
    CHECK(seconds_since(begin) >= 0.19);
    CHECK(seconds_since(begin) < kWithinSeconds);
  }
}

TEST_CASE("client: a server that trickles for ever does not outlast the timeout") {
  const FakeServer s([](RawSocket& c, int) {
    (void)c.receive("\r\n\r\n");
    c.send("HTTP/1.1 200 OK\r\n\r\n");
    while (c.send("x")) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  });
  auto c = client_of(s);
  const auto begin = std::chrono::steady_clock::now();
  CHECK_FALSE(get(c, 200));
  CHECK(seconds_since(begin) < kWithinSeconds);
}

TEST_CASE("client: a server that does not read does not outlast the timeout") {
  std::promise<void> over;
  const FakeServer s([&over](RawSocket& c, int) {
    over.get_future().wait();
    c.close();
  });
  auto c = client_of(s);
  const auto begin = std::chrono::steady_clock::now();
  const auto r = c.send("POST", "", {}, std::string(64 << 20, 'x'), 200);
  CHECK(body_or_error(r).ends_with("timed out sending the request"));
  CHECK(seconds_since(begin) < kWithinSeconds);
  over.set_value();
}

TEST_CASE("client: a reset in mid-body, a body cut short, a body too large, and nonsense are errors") {
  const FakeServer reset([](RawSocket& c, int) {
    (void)c.receive("\r\n\r\n");
    c.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n123");
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    c.reset();
  });
  auto a = client_of(reset);
  CHECK_FALSE(get(a));

  const FakeServer cut([](RawSocket& c, int) {
    (void)c.receive("\r\n\r\n");
    c.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n123");
  });
  auto b = client_of(cut);
  CHECK(body_or_error(get(b)).ends_with("closed the connection before its answer was complete"));

  const FakeServer large = always("HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n" + std::string(101, 'x'));
  auto l = client_of(large);
  CHECK(body_or_error(get(l, 5000, 100)).ends_with("the answer is larger than 100 bytes"));
  CHECK(get(l, 5000, 101)->body.size() == 101);

  const FakeServer large_chunks =
      always("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n" + std::string(101, 'x') + "\r\n0\r\n\r\n");
  auto k = client_of(large_chunks);
  CHECK(body_or_error(get(k, 5000, 100)).ends_with("the answer is larger than 100 bytes"));

  const FakeServer nonsense = always("SSH-2.0-OpenSSH_9.2\r\n\r\n");
  auto n = client_of(nonsense);
  CHECK(body_or_error(get(n)).find("the answer is not valid HTTP") != std::string::npos);
}

TEST_CASE("client: nobody there") {
  const test::DeafPort port;
  HttpClient c(parse_url(fmt::format("http://127.0.0.1:{}/", port.number())).value());
  CHECK(body_or_error(get(c)) == fmt::format("GET http://127.0.0.1:{}/: cannot connect: Connection refused", port.number()));
  HttpClient d(parse_url("http://no-such-host.invalid/").value());
  CHECK_FALSE(get(d, 3000));
}
