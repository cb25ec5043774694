#include "proto/http_server.h"

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <stdexcept>

#include "proto/base/log.h"
#include "proto/base/number.h"
#include "proto/gzip.h"
#include "proto/http_client.h"
#include "raw_socket.h"

using namespace tacho;
using test::RawSocket;

namespace {

// Says what it was asked.
HttpResponse echo(const HttpRequest& r) {
  if (r.path == "/throw") throw std::runtime_error("the handler's reason");
  if (r.path == "/big") return {.content_type = "text/plain", .body = std::string(3'000'000, 'x')};
  if (r.path == "/none") return {.status = 204, .content_type = ""};
  HttpResponse out{.content_type = "text/plain"};
  out.body = r.method + " " + r.path;
  for (const auto& [k, v] : r.query) out.body += " " + k + "=" + v;
  if (!r.body.empty()) out.body += " body:" + std::to_string(r.body.size());
  out.headers = {{"X-Echo", std::string(r.header("x-say"))}};
  return out;
}

class Served {
 public:
  explicit Served(HttpServerOptions options = {}, HttpHandler handler = echo) {
    options.listen = "127.0.0.1:0";
    auto started = HttpServer::start(options, std::move(handler));
    REQUIRE(started);
    server = std::move(*started);
  }
  int port() const { return static_cast<int>(*parse_int(server->address().substr(server->address().rfind(':') + 1))); }
  HttpClient client() const { return HttpClient(parse_url("http://" + server->address()).value()); }
  RawSocket raw() const { return RawSocket::connect(port()); }
  // One request and everything until the server closes.
  std::string exchange(std::string_view request) const {
    RawSocket s = raw();
    s.send(request);
    return s.receive();
  }
  std::unique_ptr<HttpServer> server;
};

HttpResponse get(HttpClient& c, const std::string& target, std::vector<std::pair<std::string, std::string>> headers = {},
                 const std::string& method = "GET", const std::string& body = "") {
  auto r = c.send(method, target, headers, body, 60'000);
  INFO((r ? "" : r.error().message));
  REQUIRE(r);
  return *r;
}

std::string header(const HttpResponse& r, std::string_view name) {
  HttpRequest q;
  q.headers = r.headers;
  return std::string(q.header(name));
}

std::string status_line(const std::string& answer) { return answer.substr(0, answer.find("\r\n")); }

// What ends by a deadline does so well before this, also on a machine that is held up; what has none lasts longer.
constexpr double kWithinSeconds = 20;

double seconds_since(std::chrono::steady_clock::time_point t) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - t).count();
}

}  // namespace

TEST_CASE("server: many requests on one connection, decoded") {
  const Served s;
  auto c = s.client();
  for (int i = 0; i < 50; ++i) {
    const auto r = get(c, fmt::format("/api/a%20b?n={}&x=1+2", i), {{"X-Say", "hello"}});
    CHECK(r.status == 200);
    CHECK(r.body == fmt::format("GET /api/a b n={} x=1 2", i));
    CHECK(r.content_type == "text/plain");
    CHECK(header(r, "X-Echo") == "hello");
    CHECK(header(r, "Date").ends_with(" GMT"));
  }
}

TEST_CASE("server: a POST's form comes before the URL's parameters, other bodies are left alone") {
  const Served s;
  auto c = s.client();
  CHECK(get(c, "/q?a=1", {{"Content-Type", "application/x-www-form-urlencoded"}}, "POST", "b=%32&a=3").body ==
        "POST /q b=2 a=3 a=1 body:9");
  CHECK(get(c, "/q", {{"Content-Type", "application/x-protobuf"}}, "POST", "b=2").body == "POST /q body:3");
}

TEST_CASE("server: HEAD has the header of GET and no body, the connection stays usable") {
  const Served s;
  auto c = s.client();
  const auto r = get(c, "/x", {}, "HEAD");
  CHECK(r.body.empty());
  CHECK(header(r, "Content-Length") == "7");  // of "HEAD /x"
  CHECK(get(c, "/y").body == "GET /y");
  CHECK(get(c, "/none").status == 204);
  CHECK(get(c, "/y").body == "GET /y");
}

TEST_CASE("server: gzip where the client asks and the body is worth it") {
  const Served s;
  auto c = s.client();
  const auto r = get(c, "/big", {{"Accept-Encoding", "deflate, gzip"}});
  CHECK(header(r, "Content-Encoding") == "gzip");
  CHECK(header(r, "Vary") == "Accept-Encoding");
  CHECK(gunzip(r.body, 4'000'000).value() == std::string(3'000'000, 'x'));
  const auto whole = get(c, "/big");
  CHECK(header(whole, "Content-Encoding").empty());
  CHECK(whole.body.size() == 3'000'000);
  CHECK(header(get(c, "/small", {{"Accept-Encoding", "gzip"}}), "Content-Encoding").empty());
}

TEST_CASE("server: what is no HTTP gets 400 and one sentence") {
  const Served s;
  for (const char* bad :
       {"hello\r\n\r\n", "GET /\r\n\r\n", "GET / HTTP/1.1\r\nno colon\r\n\r\n", "GET /%zz HTTP/1.1\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"}) {
    INFO(bad);
    const std::string answer = s.exchange(bad);
    CHECK(status_line(answer) == "HTTP/1.1 400 Bad Request");
    CHECK(answer.find("Connection: close\r\n") != std::string::npos);
    CHECK(answer.ends_with("\n"));
  }
}

TEST_CASE("server: bounds on header and body") {
  const Served s({.body_bytes_max = 1000, .header_bytes_max = 2000});
  CHECK(status_line(s.exchange("GET / HTTP/1.1\r\nX: " + std::string(3000, 'y') + "\r\n\r\n")) ==
        "HTTP/1.1 431 Request Header Fields Too Large");
  CHECK(status_line(s.exchange("POST / HTTP/1.1\r\nContent-Length: 1001\r\n\r\n" + std::string(1001, 'y'))) ==
        "HTTP/1.1 413 Content Too Large");
  CHECK(status_line(s.exchange("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n400\r\n" + std::string(1024, 'y') +
                               "\r\n0\r\n\r\n")) == "HTTP/1.1 413 Content Too Large");
  // The answer arrives although the client goes on sending a body that nobody wants.
  auto c = s.client();
  CHECK(get(c, "/", {}, "POST", std::string(2'000'000, 'z')).status == 413);
  CHECK(get(c, "/", {}, "POST", std::string(1000, 'z')).status == 200);
}

TEST_CASE("server: a handler that throws answers 500 and the server goes on") {
  set_log_level(LogLevel::error);
  const Served s;
  auto c = s.client();
  const auto r = get(c, "/throw");
  CHECK(r.status == 500);
  CHECK(r.body == "/throw failed inside the server: the handler's reason\n");
  CHECK(get(c, "/x").status == 200);
}

TEST_CASE("server: Expect: 100-continue, chunked requests, pipelined requests, HTTP/1.0") {
  const Served s;
  RawSocket a = s.raw();
  a.send("POST /e HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
  CHECK(a.receive("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
  a.send("12345");
  CHECK(a.receive("body:5").find("POST /e body:5") != std::string::npos);

  RawSocket b = s.raw();
  b.send(
      "POST /c HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\nGET /second "
      "HTTP/1.1\r\n\r\n");
  const std::string both = b.receive("GET /second");
  CHECK(both.find("POST /c body:5") < both.find("GET /second"));

  const std::string old = s.exchange("GET /old HTTP/1.0\r\n\r\n");
  CHECK(old.ends_with("GET /old"));
  CHECK(old.find("Connection: close") != std::string::npos);
}

TEST_CASE("server: a header's value cannot begin another header") {
  const Served s({}, [](const HttpRequest&) { return HttpResponse{.headers = {{"X-A", "1\r\nX-B: 2"}}}; });
  auto c = s.client();
  CHECK(header(get(c, "/"), "X-A") == "1  X-B: 2");
}

TEST_CASE("server: slow clients are let go, others are served meanwhile") {
  const Served s({.idle_timeout_ms = 300, .header_timeout_ms = 200});
  RawSocket idle = s.raw(), header_only = s.raw(), half_body = s.raw(), trickle = s.raw();
  header_only.send("GET / HT");
  half_body.send("POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\n123");
  const auto begin = std::chrono::steady_clock::now();
  bool trickle_ended = false;
  for (int i = 0; i < 500 && !trickle_ended; ++i) trickle_ended = !trickle.send("G") || trickle.ended(50);
  CHECK(trickle_ended);
  // Who asks is held up between connecting and asking, if the machine is: then that client was slow, too.
  bool served = false;
  for (int i = 0; i < 20 && !served; ++i) {
    const auto r = s.client().send("GET", "/x", {}, "", 10'000);
    served = r && r->status == 200;
  }
  CHECK(served);
  CHECK(idle.ended());
  CHECK(header_only.ended());
  CHECK(half_body.ended());
  CHECK(seconds_since(begin) < kWithinSeconds);
}

TEST_CASE("server: a client that does not take its answer is let go") {
  const Served s({.connections_max = 1, .idle_timeout_ms = 200}, [](const HttpRequest& r) {
    return HttpResponse{.body = r.path == "/big" ? std::string(64 << 20, 'x') : "small"};
  });
  RawSocket deaf = s.raw();
  deaf.send("GET /big HTTP/1.1\r\n\r\n");
  // Its place is free once it was let go.
  std::string answer;
  for (const auto begin = std::chrono::steady_clock::now();
       !answer.ends_with("small") && seconds_since(begin) < kWithinSeconds;) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    answer = s.exchange("GET /small HTTP/1.1\r\nConnection: close\r\n\r\n");
  }
  CHECK(answer.ends_with("small"));
  // What was on the way arrives, then the end: not 64 MiB.
  CHECK(deaf.receive().size() < (60u << 20));
}

TEST_CASE("server: clients that vanish or reset leave the server well") {
  const Served s;
  for (int i = 0; i < 20; ++i) {
    RawSocket a = s.raw();
    a.send("GET /big HTTP/1.1\r\n\r\n");
    if (i % 2) (void)a.receive("x");
    a.reset();
    RawSocket b = s.raw();
    b.send("POST / HTTP/1.1\r\nContent-Length: 100\r\n\r\nhalf");
    i % 2 ? b.reset() : b.close();
  }
  auto c = s.client();
  CHECK(get(c, "/x").status == 200);
}

TEST_CASE("server: more connections than allowed are told 503") {
  const Served s({.connections_max = 2});
  RawSocket a = s.raw(), b = s.raw();
  a.send("GET /a HTTP/1.1\r\n\r\n");
  b.send("GET /b HTTP/1.1\r\n\r\n");
  CHECK(a.receive("GET /a").ends_with("GET /a"));
  CHECK(b.receive("GET /b").ends_with("GET /b"));
  CHECK(status_line(s.exchange("GET /c HTTP/1.1\r\n\r\n")) == "HTTP/1.1 503 Service Unavailable");
  a.close();
  // A place is free as soon as the server has noticed.
  std::string answer;
  for (int i = 0; i < 100 && !answer.starts_with("HTTP/1.1 200"); ++i) {
    answer = s.exchange("GET /c HTTP/1.1\r\nConnection: close\r\n\r\n");
  }
  CHECK(status_line(answer) == "HTTP/1.1 200 OK");
}

TEST_CASE("server: many clients at once") {
  std::atomic<int> calls = 0;
  const Served s({.threads = 4}, [&calls](const HttpRequest& r) {
    ++calls;
    return echo(r);
  });
  std::vector<std::thread> threads;
  std::atomic<int> good = 0;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&s, &good, t] {
      HttpClient c = s.client();
      for (int i = 0; i < 50; ++i) {
        const auto r = c.send("GET", fmt::format("/{}/{}", t, i), {}, "", 60'000);
        if (r && r->body == fmt::format("GET /{}/{}", t, i)) ++good;
      }
    });
  }
  for (auto& t : threads) t.join();
  CHECK(good == 400);
  CHECK(calls == 400);
}

TEST_CASE("server: stop ends at once with connections open, and lets a running handler end") {
  std::atomic<bool> entered = false;
  Served s({.threads = 2}, [&entered](const HttpRequest& r) {
    if (r.path == "/slow") {
      entered = true;
      std::this_thread::sleep_for(std::chrono::milliseconds(300));
    }
    return echo(r);
  });
  RawSocket idle = s.raw(), kept = s.raw(), half = s.raw(), slow = s.raw();
  kept.send("GET /k HTTP/1.1\r\n\r\n");
  (void)kept.receive("GET /k");
  half.send("POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n1");
  slow.send("GET /slow HTTP/1.1\r\n\r\n");
  while (!entered) std::this_thread::yield();
  const auto begin = std::chrono::steady_clock::now();
  const int port = s.port();
  s.server->stop();
  CHECK(seconds_since(begin) < kWithinSeconds);  // the default's time for idle clients is three times that
  CHECK(idle.ended());
  CHECK(kept.ended());
  CHECK(half.ended());
  CHECK(slow.receive().ends_with("GET /slow"));
  HttpClient c(parse_url(fmt::format("http://127.0.0.1:{}", port)).value());
  CHECK_FALSE(c.send("GET", "/", {}, "", 1000));
  s.server->stop();  // twice is once
}

namespace {

// /slow works until the client has gone or a minute is over, and counts.
struct SlowWork {
  std::atomic<int> running = 0, abandoned = 0, done = 0;
  HttpServerOptions options(int slow_threads) const {
    return {.threads = 1, .slow_threads = slow_threads, .is_slow = [](const HttpRequest& r) { return r.path == "/slow"; }};
  }
  HttpHandler handler() {
    return [this](const HttpRequest& r) {
      if (r.path != "/slow") return echo(r);
      ++running;
      const auto begin = std::chrono::steady_clock::now();
      while (!r.abandoned->load() && seconds_since(begin) < (r.param("s") ? 0.05 : 60))
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      ++(r.abandoned->load() ? abandoned : done);
      --running;
      return HttpResponse{.content_type = "text/plain", .body = std::string(r.received ? "slow " : "") + std::string(5000, 'x')};
    };
  }
  void wait_for(const std::atomic<int>& count, int value) const {
    const auto begin = std::chrono::steady_clock::now();
    while (count != value && seconds_since(begin) < kWithinSeconds) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    CHECK(count == value);
  }
};

}  // namespace

TEST_CASE("server: what is slow holds up nothing else, and waits in its own queue") {
  SlowWork work;
  Served s(work.options(1), work.handler());
  RawSocket first = s.raw();
  first.send("GET /slow HTTP/1.1\r\n\r\n");
  work.wait_for(work.running, 1);
  RawSocket second = s.raw();
  second.send("GET /slow?s=1 HTTP/1.1\r\n\r\nGET /after HTTP/1.1\r\n\r\n");
  auto quick = s.client();
  for (int i = 0; i < 20; ++i) CHECK(get(quick, "/quick").body == "GET /quick");
  CHECK(work.running == 1);
  first = s.raw();  // the first client goes: its work ends, the second's begins
  work.wait_for(work.abandoned, 1);
  CHECK(second.receive("GET /after").find("slow xxx") != std::string::npos);
  CHECK(work.done == 1);
  // Also where the answer is packed, and on a connection that goes on.
  for (int i = 0; i < 3; ++i) {
    const auto r = get(quick, "/slow?s=1", {{"Accept-Encoding", "gzip"}});
    CHECK(gunzip(r.body, 10'000).value() == "slow " + std::string(5000, 'x'));
  }
}

TEST_CASE("server: what may be quick is tried at once, one at a time, and goes to the queue only when it takes longer") {
  std::atomic<int> tried = 0, most = 0, now = 0, slow = 0, watched = 0;
  const HttpServerOptions options{.threads = 3,
                                  .slow_threads = 2,
                                  .is_slow = [](const HttpRequest& r) { return r.path.starts_with("/slow"); },
                                  .is_tried_first = [](const HttpRequest& r) { return r.path != "/slow/never"; }};
  Served s(options, [&](const HttpRequest& r) {
    if (!r.first_try) {
      ++slow;
      watched += r.abandoned != nullptr;
      return HttpResponse{.content_type = "text/plain", .body = "queue"};
    }
    ++tried;
    const int here = ++now;
    for (int seen = most; here > seen && !most.compare_exchange_weak(seen, here);) {
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    --now;
    if (r.path == "/slow/long") return HttpResponse{.status = kTakesLonger};
    return HttpResponse{.content_type = "text/plain", .body = "at once"};
  });
  auto client = s.client();
  CHECK(get(client, "/slow/short").body == "at once");
  CHECK(get(client, "/slow/long").body == "queue");
  CHECK(get(client, "/slow/never").body == "queue");
  CHECK(tried == 2);
  CHECK(slow == 2);
  std::vector<std::thread> clients;
  std::atomic<int> answers = 0;
  // Nothing is asserted in these threads: Catch is for one.
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back([&answers, port = s.port()] {
      HttpClient c(parse_url(fmt::format("http://127.0.0.1:{}", port)).value());
      for (int k = 0; k < 20; ++k) {
        const auto answer = c.send("GET", k % 3 ? "/slow/short" : "/slow/long", {}, "", 60'000);
        answers += answer && (answer->body == "at once" || answer->body == "queue");
      }
    });
  }
  for (std::thread& t : clients) t.join();
  CHECK(answers == 160);
  CHECK(most == 1);
  CHECK(slow > 2);
  CHECK(watched == slow);
}

TEST_CASE("server: stop ends slow work after a moment, and what waits for it") {
  SlowWork work;
  Served s(work.options(1), work.handler());
  std::vector<RawSocket> clients;
  for (int i = 0; i < 5; ++i) {
    clients.push_back(s.raw());
    clients.back().send("GET /slow HTTP/1.1\r\n\r\n");
  }
  work.wait_for(work.running, 1);
  const auto begin = std::chrono::steady_clock::now();
  s.server->stop();
  CHECK(seconds_since(begin) < kWithinSeconds);
  CHECK(work.abandoned == 1);
  CHECK(work.done == 0);
}

TEST_CASE("server: stop does not wait for a client that takes nothing") {
  Served s({}, [](const HttpRequest&) { return HttpResponse{.body = std::string(64 << 20, 'x')}; });
  RawSocket deaf = s.raw();
  deaf.send("GET / HTTP/1.1\r\n\r\n");
  (void)deaf.receive("x");
  const auto begin = std::chrono::steady_clock::now();
  s.server->stop();
  CHECK(seconds_since(begin) < kWithinSeconds);
}

TEST_CASE("server: an address that cannot be had says why") {
  const Served s;
  const auto taken = HttpServer::start({.listen = s.server->address()}, echo);
  REQUIRE_FALSE(taken);
  CHECK(taken.error().message ==
        "cannot listen on " + s.server->address() +
            ": Address already in use; another program listens there: stop it, or give another port with --listen");
  CHECK(HttpServer::start({.listen = "nonsense"}, echo).error().message ==
        "cannot listen: \"nonsense\" has no port: write HOST:PORT, like 127.0.0.1:9980");
  CHECK_FALSE(HttpServer::start({.listen = "192.0.2.1:0"}, echo));
  CHECK(HttpServer::start({.listen = ":0"}, echo));
}
