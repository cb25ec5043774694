// Sockets without manners, for tests of the HTTP server and client: send any bytes, stop in the middle, reset.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "proto/base/file.h"

namespace tacho::test {

inline sockaddr_in loopback(int port) {
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_port = htons(static_cast<std::uint16_t>(port));
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return a;
}

class RawSocket {
 public:
  static constexpr int kPatienceMs = 60'000;

  explicit RawSocket(Fd fd) : fd_(std::move(fd)) {}
  static RawSocket connect(int port) {
    Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_in a = loopback(port);
    REQUIRE(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&a), sizeof a) == 0);
    return RawSocket(std::move(fd));
  }

  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }
  // Until `until` has come, the end, or kPatienceMs without a byte, which no test waits for unless it fails.
  std::string receive(std::string_view until = {}) {
    std::string got;
    while (until.empty() || got.find(until) == std::string::npos) {
      pollfd p{fd_.get(), POLLIN, 0};
      char piece[65536];
      if (::poll(&p, 1, kPatienceMs) <= 0) break;
      const ssize_t n = ::recv(fd_.get(), piece, sizeof piece, 0);
      if (n <= 0) break;
      got.append(piece, static_cast<std::size_t>(n));
    }
    return got;
  }
  // The peer has closed, within `ms`.
  bool ended(int ms = kPatienceMs) {
    pollfd p{fd_.get(), POLLIN, 0};
    char byte;
    return ::poll(&p, 1, ms) > 0 && ::recv(fd_.get(), &byte, 1, 0) <= 0;
  }
  void reset() {
    const linger hard{1, 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    fd_ = Fd();
  }
  void close() { fd_ = Fd(); }
  int fd() const { return fd_.get(); }

 private:
  Fd fd_;
};

// A port that nobody listens at, and that nobody else can have meanwhile.
class DeafPort {
 public:
  DeafPort() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in a = loopback(0);
    socklen_t size = sizeof a;
    REQUIRE(::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&a), sizeof a) == 0);
    REQUIRE(::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&a), &size) == 0);
    number_ = ntohs(a.sin_port);
  }
  int number() const { return number_; }

 private:
  Fd fd_;
  int number_ = 0;
};

// Accepts one connection after another on a thread; `serve` gets each, with its number from 0.
class FakeServer {
 public:
  explicit FakeServer(std::function<void(RawSocket&, int)> serve) : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in a = loopback(0);
    socklen_t size = sizeof a;
    REQUIRE(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&a), sizeof a) == 0);
    REQUIRE(::listen(listener_.get(), 16) == 0);
    REQUIRE(::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&a), &size) == 0);
    port_ = ntohs(a.sin_port);
    thread_ = std::thread([this, serve = std::move(serve)] {
      for (int i = 0;; ++i) {
        Fd fd(::accept(listener_.get(), nullptr, nullptr));
        if (!fd || stopping_) return;
        RawSocket s(std::move(fd));
        serve(s, i);
      }
    });
  }
  ~FakeServer() {
    stopping_ = true;
    ::shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
  }
  int port() const { return port_; }

 private:
  Fd listener_;
  int port_ = 0;
  std::atomic<bool> stopping_ = false;  // written by the test, read by the thread; sequentially consistent
  std::thread thread_;
};

}  // namespace tacho::test
