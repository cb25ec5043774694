// Answers without an end: HttpStream through the server.
#include <catch2/catch.hpp>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>

#include "proto/base/log.h"
#include "proto/base/number.h"
#include "proto/http_server.h"
#include "raw_socket.h"

using namespace tacho;
using test::RawSocket;

namespace {

// What a test and the streams that it is served by have in common.
struct Source {
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::optional<std::string>> pieces;  // nullopt: the end
  int open = 0, asked = 0, dropped = 0, given_up = 0;
  bool blocks = false;  // next() waits until it is abandoned

  void add(std::optional<std::string> piece) {
    const std::lock_guard lock(mutex);
    pieces.push_back(std::move(piece));
  }
  // Whether it became true; the time is generous, and no guarantee.
  template <class Condition>
  bool wait_for(Condition condition) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, std::chrono::seconds(60), condition);
  }
};

class Pieces : public HttpStream {
 public:
  explicit Pieces(Source& source) : source_(source) { count(source_.open, 1); }
  ~Pieces() override { count(source_.open, -1); }
  std::int64_t wait_ms() override {
    const std::lock_guard lock(source_.mutex);
    return source_.pieces.empty() && !source_.blocks ? 5 : 0;
  }
  std::optional<std::string> next(const std::atomic<bool>& abandoned) override {
    count(source_.asked, 1);
    while (blocks()) {
      if (abandoned.load()) {
        count(source_.given_up, 1);
        return std::nullopt;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    const std::lock_guard lock(source_.mutex);
    if (source_.pieces.empty()) return "";
    auto piece = source_.pieces.front();
    source_.pieces.pop_front();
    if (piece && *piece == "throw") throw std::runtime_error("no piece");
    return piece;
  }
  void dropped() override { count(source_.dropped, 1); }

 private:
  bool blocks() {
    const std::lock_guard lock(source_.mutex);
    return source_.blocks;
  }
  void count(int& counter, int by) {
    const std::lock_guard lock(source_.mutex);
    counter += by;
    source_.changed.notify_all();
  }
  Source& source_;
};

class Served {
 public:
  explicit Served(HttpServerOptions options = {}) {
    options.listen = "127.0.0.1:0";
    options.is_slow = [](const HttpRequest& r) { return r.path == "/slow"; };
    server = std::move(HttpServer::start(options, [this](const HttpRequest& r) -> HttpResponse {
                         if (r.path != "/stream") return {.content_type = "text/plain", .body = "quick"};
                         return {.content_type = "text/event-stream", .stream = std::make_shared<Pieces>(source)};
                       }).value());
  }
  RawSocket connect() const {
    return RawSocket::connect(static_cast<int>(*parse_int(server->address().substr(server->address().rfind(':') + 1))));
  }
  RawSocket ask(std::string_view request = "GET /stream HTTP/1.1\r\n\r\n") const {
    RawSocket s = connect();
    s.send(request);
    return s;
  }
  Source source;  // outlives the server, which holds streams
  std::unique_ptr<HttpServer> server;
};

}  // namespace

TEST_CASE("stream: pieces arrive as they are made, and its end ends the answer") {
  Served s;
  RawSocket client = s.ask();
  const std::string head = client.receive("\r\n\r\n");
  CHECK(head.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(head.find("Content-Type: text/event-stream\r\n") != std::string::npos);
  CHECK(head.find("Transfer-Encoding: chunked\r\n") != std::string::npos);
  CHECK(head.find("Content-Length") == std::string::npos);
  s.source.add("one");
  CHECK(client.receive("one\r\n") == "3\r\none\r\n");
  s.source.add("");
  s.source.add(std::string(20, 'x'));
  CHECK(client.receive("x\r\n") == "14\r\n" + std::string(20, 'x') + "\r\n");
  s.source.add(std::nullopt);
  CHECK(client.receive() == "0\r\n\r\n");
  CHECK(s.source.wait_for([&] { return s.source.open == 0; }));
}

TEST_CASE("stream: HTTP/1.0 has it without chunks, HEAD has its header alone and the connection goes on") {
  Served s;
  s.source.add("one");
  s.source.add("two");
  s.source.add(std::nullopt);
  RawSocket old = s.ask("GET /stream HTTP/1.0\r\n\r\n");
  const std::string answer = old.receive();
  CHECK(answer.ends_with("\r\n\r\nonetwo"));
  CHECK(answer.find("chunked") == std::string::npos);
  RawSocket client = s.ask("HEAD /stream HTTP/1.1\r\n\r\n");
  CHECK(client.receive("\r\n\r\n").find("text/event-stream") != std::string::npos);
  CHECK(s.source.wait_for([&] { return s.source.open == 0; }));
  client.send("GET /other HTTP/1.1\r\n\r\n");
  CHECK(client.receive("quick").ends_with("quick"));
}

TEST_CASE("stream: a client that does not read has one piece waiting, and is let go after a time") {
  Served s({.stream_timeout_ms = 300});
  for (int i = 0; i < 50; ++i) s.source.add(std::string(16 << 20, 'x'));
  RawSocket deaf = s.ask();
  CHECK(s.source.wait_for([&] { return s.source.dropped == 1; }));
  CHECK(s.source.wait_for([&] { return s.source.open == 0; }));
  CHECK(s.source.asked == 1);
  CHECK(deaf.receive().size() < (16u << 20));
}

// A fixed bug: where the kernel's time-out came before the server's own, the stream ended and nobody counted it.
TEST_CASE("stream: a client that does not read is counted also where pieces are small and wait in the kernel's buffer") {
  Served s({.stream_timeout_ms = 300});
  RawSocket deaf = s.connect();
  const int few = 4096;
  ::setsockopt(deaf.fd(), SOL_SOCKET, SO_RCVBUF, &few, sizeof few);
  deaf.send("GET /stream HTTP/1.1\r\n\r\n");
  CHECK(s.source.wait_for([&] { return s.source.open == 1; }));
  // More than the reader's buffer takes, and less than both: no write ever waits.
  for (int i = 0; i < 40; ++i) s.source.add(std::string(4096, 'x'));
  CHECK(s.source.wait_for([&] { return s.source.open == 0; }));
  CHECK(s.source.dropped == 1);
  CHECK(s.source.pieces.empty());
}

TEST_CASE("stream: a client that takes a byte now and then is let go as well") {
  Served s({.stream_timeout_ms = 300});
  s.source.add(std::string(64 << 20, 'x'));
  RawSocket slow = s.ask();
  char byte = 0;
  const auto dropped = [&] {
    const std::lock_guard lock(s.source.mutex);
    return s.source.dropped == 1;
  };
  for (int i = 0; i < 6000 && !dropped(); ++i) {
    (void)::recv(slow.fd(), &byte, 1, 0);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  CHECK(dropped());
}

TEST_CASE("stream: a client that goes ends its stream, also while a piece is made") {
  Served s;
  RawSocket closes = s.ask(), resets = s.ask();
  CHECK(s.source.wait_for([&] { return s.source.open == 2 && s.source.asked > 2; }));
  closes.close();
  CHECK(s.source.wait_for([&] { return s.source.open == 1; }));
  resets.reset();
  CHECK(s.source.wait_for([&] { return s.source.open == 0; }));
  {
    const std::lock_guard lock(s.source.mutex);
    s.source.blocks = true;
    s.source.asked = 0;
  }
  RawSocket waits = s.ask();
  CHECK(s.source.wait_for([&] { return s.source.asked == 1; }));
  waits.close();
  CHECK(s.source.wait_for([&] { return s.source.given_up == 1 && s.source.open == 0; }));
  CHECK(s.source.dropped == 0);
}

TEST_CASE("stream: what a client sends meanwhile is not read as a request") {
  Served s;
  RawSocket client = s.ask("GET /stream HTTP/1.1\r\n\r\nGET /other HTTP/1.1\r\n\r\n");
  (void)client.receive("\r\n\r\n");
  client.send(std::string(5000, 'y'));
  s.source.add("still here");
  s.source.add(std::nullopt);
  const std::string rest = client.receive();
  CHECK(rest == "a\r\nstill here\r\n0\r\n\r\n");
}

TEST_CASE("stream: one that throws ends, and the server goes on") {
  set_log_level(LogLevel::error);
  Served s;
  s.source.add("one");
  s.source.add("throw");
  CHECK(s.ask().receive().ends_with("one\r\n0\r\n\r\n"));
  CHECK(s.ask("GET /x HTTP/1.1\r\nConnection: close\r\n\r\n").receive().ends_with("quick"));
}

TEST_CASE("stream: pieces that take long hold up nobody who asks for something quick") {
  Served s({.threads = 1, .slow_threads = 1});
  s.source.blocks = true;
  RawSocket a = s.ask(), b = s.ask();
  CHECK(s.source.wait_for([&] { return s.source.asked == 1 && s.source.open == 2; }));
  for (int i = 0; i < 10; ++i) CHECK(s.ask("GET /x HTTP/1.1\r\nConnection: close\r\n\r\n").receive().ends_with("quick"));
}

TEST_CASE("stream: stop ends streams, those that wait, those that make a piece and those whose client reads nothing") {
  for (const bool blocks : {false, true}) {
    Served s({.slow_threads = 1});
    s.source.blocks = blocks;
    RawSocket a = s.ask(), b = s.ask();
    CHECK(s.source.wait_for([&] { return s.source.open == 2 && s.source.asked > 0; }));
    s.server->stop();  // returns: a stream's piece is abandoned, none is waited for
    CHECK(s.source.open == 0);
    CHECK(s.source.given_up == (blocks ? s.source.asked : 0));
    CHECK(a.receive().ends_with("0\r\n\r\n"));
    (void)b.receive();
    CHECK(b.ended());
  }
  Served s({.stream_timeout_ms = 600'000});
  s.source.add(std::string(64 << 20, 'x'));
  RawSocket deaf = s.ask();
  CHECK(s.source.wait_for([&] { return s.source.asked == 1; }));
  s.server->stop();  // returns before the client's time to read is over, which it waits for no longer
  CHECK(s.source.open == 0);
  CHECK(s.source.dropped == 0);
}

TEST_CASE("stream: many come and go at once") {
  Served s({.threads = 2, .slow_threads = 2, .stream_timeout_ms = 2000});
  for (int i = 0; i < 2000; ++i) s.source.add(std::string(1000, 'x'));
  for (int round = 0; round < 20; ++round) {
    std::vector<RawSocket> clients;
    for (int i = 0; i < 8; ++i) clients.push_back(s.ask());
    for (std::size_t i = 0; i < clients.size(); ++i) {
      if (i % 3 == 0) (void)clients[i].receive("\r\n\r\n");
      i % 2 ? clients[i].reset() : clients[i].close();
    }
  }
  CHECK(s.source.wait_for([&] { return s.source.open == 0; }));
}
