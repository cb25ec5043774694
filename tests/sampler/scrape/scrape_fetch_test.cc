// Pages over real sockets on the loopback: what is asked for, and what servers without manners can do.
#include "sampler/scrape/fetch.h"

#include <chrono>

#include "proto/gzip.h"
#include "tests/proto/raw_socket.h"
#include "tests/sampler/scrape/scrape_fixture.h"

namespace tacho::sampler {
namespace {

using test::FakeServer;
using test::RawSocket;

struct Fetched {
  ScrapeTarget target = made_target();
  std::string page;

  explicit Fetched(const FakeServer& server, std::string_view path = "/metrics") {
    target.url = parse_url(fmt::format("http://127.0.0.1:{}{}", server.port(), path)).value();
  }
  // The page, or "REASON: message".
  std::string fetch(std::int64_t timeout_ms = 60'000) {
    HttpPageFetcher fetcher(target);
    fetcher.set_timeout(timeout_ms);
    const auto format = fetcher.fetch(page);
    if (!format) return fmt::format("{}: {}", name_of(format.error().fault), format.error().message);
    return (*format == TextFormat::openmetrics ? "om " : "") + page;
  }
};

FakeServer always(std::string answer) {
  return FakeServer([answer](RawSocket& s, int) {
    while (!s.receive("\r\n\r\n").empty() && s.send(answer)) {
    }
  });
}

std::string ok(std::string_view headers, std::string_view body) {
  return fmt::format("HTTP/1.1 200 OK\r\n{}Content-Length: {}\r\n\r\n{}", headers, body.size(), body);
}

TEST_CASE("fetch: a target is asked as Prometheus asks, over a connection that is kept") {
  std::string asked;
  int connections = 0;
  std::optional<FakeServer> server;
  server.emplace([&](RawSocket& s, int) {
    ++connections;
    while (true) {
      const std::string request = s.receive("\r\n\r\n");
      if (request.empty()) return;
      asked = request;
      s.send(ok("", "a 1\n"));
    }
  });
  const int port = server->port();
  Fetched f(*server, "/m?x=1");
  f.target.auth = {.username = "u", .password = "p"};
  std::optional<HttpPageFetcher> fetcher(f.target);
  fetcher->set_timeout(61'500);
  for (int i = 0; i < 3; ++i) REQUIRE(fetcher->fetch(f.page));
  CHECK(f.page == "a 1\n");
  fetcher.reset();
  server.reset();
  CHECK(connections == 1);
  CHECK(asked ==
        fmt::format("GET /m?x=1 HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n"
                    "Accept: application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
                    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1\r\nAccept-Encoding: identity\r\n"
                    "X-Prometheus-Scrape-Timeout-Seconds: 61.5\r\nAuthorization: Basic dTpw\r\nUser-Agent: tacho/" TACHO_VERSION
                    "\r\n\r\n",
                    port));
}

TEST_CASE("fetch: the format is what the answer's type says") {
  const FakeServer om = always(ok("Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8\r\n", "# EOF\n"));
  CHECK(Fetched(om).fetch() == "om # EOF\n");
  const FakeServer plain = always(ok("Content-Type: text/plain; version=0.0.4\r\n", "a 1\n"));
  CHECK(Fetched(plain).fetch() == "a 1\n");
}

TEST_CASE("fetch: a gzip body is unpacked, within the limit") {
  const std::string text = "a 1\n" + std::string(100'000, '#') + "\n";
  const FakeServer server = always(ok("Content-Encoding: gzip\r\n", gzip(text)));
  Fetched f(server);
  f.target.compressed = true;
  CHECK(f.fetch() == text);
  f.target.limits.body_bytes = 50'000;
  CHECK(f.fetch().starts_with("body_size: GET http://127.0.0.1:"));
  const FakeServer broken = always(ok("Content-Encoding: gzip\r\n", gzip(text).substr(0, 50)));
  Fetched b(broken);
  CHECK(b.fetch().starts_with("text: "));
}

TEST_CASE("fetch: a body over the limit is not read to its end") {
  const FakeServer endless([](RawSocket& s, int) {
    (void)s.receive("\r\n\r\n");
    s.send("HTTP/1.1 200 OK\r\n\r\n");
    while (s.send(std::string(65536, '#'))) {
    }
  });
  Fetched f(endless);
  f.target.limits.body_bytes = 1 << 20;
  CHECK(f.fetch().find("the answer is larger than 1048576 bytes") != std::string::npos);
  CHECK(f.fetch().starts_with("body_size: "));
}

TEST_CASE("fetch: a target that hangs or dribbles is cut off at the timeout") {
  const auto dribble = [](std::string_view head, std::string_view again) {
    return FakeServer([head = std::string(head), again = std::string(again)](RawSocket& s, int) {
      (void)s.receive("\r\n\r\n");
      s.send(head);
      while (s.send(again)) std::this_thread::sleep_for(std::chrono::milliseconds(3));
    });
  };
  const FakeServer headers = dribble("HTTP/1.1 200 OK\r\n", "X: y\r\n");
  const FakeServer body = dribble("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", "x");
  const FakeServer chunks = dribble("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n");
  const FakeServer continues = dribble("", "HTTP/1.1 100 Continue\r\n\r\n");
  const FakeServer silent([](RawSocket& s, int) { (void)s.receive("never"); });
  for (const FakeServer* server : {&headers, &body, &chunks, &continues, &silent}) {
    const auto begin = std::chrono::steady_clock::now();
    CHECK(Fetched(*server).fetch(200).find("timed out waiting for the answer") != std::string::npos);
    const double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    CHECK(took >= 0.19);
    CHECK(took < 20);  // the machine may be held up; without a time-out it lasts for ever
  }
}

TEST_CASE("fetch: a status that is not 200 is a failure that names it, and where a redirect leads") {
  const FakeServer error = always("HTTP/1.1 503 Down\r\nContent-Length: 0\r\n\r\n");
  CHECK(Fetched(error).fetch() ==
        fmt::format("status: GET http://127.0.0.1:{}/metrics: it answers HTTP status 503 Service Unavailable", error.port()));
  const FakeServer moved = always("HTTP/1.1 301 Moved\r\nlocation: /other\r\nContent-Length: 0\r\n\r\n");
  CHECK(Fetched(moved).fetch() ==
        fmt::format("status: GET http://127.0.0.1:{}/metrics: it answers 301 and sends on to /other; redirects are not followed, "
                    "so scrape that address",
                    moved.port()));
}

TEST_CASE("fetch: nobody there, a password that cannot be read") {
  const test::DeafPort nobody;
  const FakeServer somebody([](RawSocket&, int) {});
  Fetched f(somebody);
  f.target.url = parse_url(fmt::format("http://127.0.0.1:{}/metrics", nobody.number())).value();
  CHECK(f.fetch().starts_with("no_answer: GET http://127.0.0.1:"));
  CHECK(f.fetch().find("Connection refused") != std::string::npos);
  f.target.auth = {.username = "u", .password_file = "/nonexistent/secret"};
  CHECK(f.fetch().find("/nonexistent/secret") != std::string::npos);
}

}  // namespace
}  // namespace tacho::sampler
