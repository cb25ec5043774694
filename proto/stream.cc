#include "proto/stream.h"

#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace tacho {
namespace {

constexpr std::size_t kWireBytes = 16 << 10;  // a TLS record

std::unexpected<StreamError> stream_failure(std::string message, bool closed_by_peer = false) {
  return std::unexpected(StreamError{std::move(message), closed_by_peer});
}

std::unexpected<StreamError> timed_out(const char* what) {
  return std::unexpected(StreamError{fmt::format("timed out {}", what), false, ETIMEDOUT});
}

int ms_left(MonoNs deadline) {
  const std::int64_t ns = deadline - system_clock().mono();
  if (ns <= 0) return 0;
  return static_cast<int>(std::min<std::int64_t>((ns + kNsPerMs - 1) / kNsPerMs, 1 << 30));
}

bool is_closed_errno(int e) { return e == EPIPE || e == ECONNRESET || e == ECONNABORTED; }

struct FreeAddresses {
  void operator()(addrinfo* p) const { ::freeaddrinfo(p); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

// What the looking-up thread and its caller share; the last of the two frees it.
struct Lookup {
  std::mutex mutex;  // guards the rest
  std::condition_variable ended;
  bool done = false;
  int status = 0;
  Addresses found;
};

int look_up(const std::string& host, const std::string& port, int flags, Addresses& out) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags;
  addrinfo* list = nullptr;
  const int status = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &list);
  if (status == 0) out.reset(list);
  return status;
}

StreamResult<Addresses> resolve(const std::string& host, const std::string& port, MonoNs deadline) {
  Addresses numeric;
  if (look_up(host, port, AI_NUMERICHOST | AI_NUMERICSERV, numeric) == 0) return numeric;
  auto shared = std::make_shared<Lookup>();
  std::thread([shared, host, port] {
    Addresses found;
    const int status = look_up(host, port, AI_ADDRCONFIG | AI_NUMERICSERV, found);
    const std::lock_guard lock(shared->mutex);
    shared->done = true;
    shared->status = status;
    shared->found = std::move(found);
    shared->ended.notify_one();
  }).detach();
  std::unique_lock lock(shared->mutex);
  shared->ended.wait_for(lock, std::chrono::milliseconds(ms_left(deadline)), [&] { return shared->done; });
  if (!shared->done) return timed_out("looking up the host's address");
  if (shared->status != 0)
    return stream_failure(fmt::format("cannot find the host {}: {}", host, ::gai_strerror(shared->status)));
  return std::move(shared->found);
}

// 0, or the errno of one address.
int connect_one(const addrinfo& address, MonoNs deadline, Fd& out) {
  Fd fd(::socket(address.ai_family, address.ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, address.ai_protocol));
  if (!fd) return errno;
  if (::connect(fd.get(), address.ai_addr, address.ai_addrlen) != 0) {
    if (errno != EINPROGRESS && errno != EINTR) return errno;
    pollfd p{fd.get(), POLLOUT, 0};
    int ready;
    do ready = ::poll(&p, 1, ms_left(deadline));
    while (ready < 0 && errno == EINTR);
    if (ready == 0) return ETIMEDOUT;
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return error;
  }
  const int on = 1;
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  out = std::move(fd);
  return 0;
}

}  // namespace

StreamResult<Stream> Stream::connect(const std::string& host, const std::string& port, const TlsContext* tls, MonoNs deadline) {
  const auto addresses = resolve(host, port, deadline);
  if (!addresses) return std::unexpected(addresses.error());
  int error = ETIMEDOUT;
  Fd fd;
  for (const addrinfo* a = addresses->get(); a && !fd; a = a->ai_next) {
    // The addresses that are left share what time is left, so that one that swallows packets leaves some for the
    // next.
    const std::int64_t left = deadline - system_clock().mono();
    if (left <= 0) break;
    error = connect_one(*a, a->ai_next ? system_clock().mono() + left / 2 : deadline, fd);
  }
  if (!fd)
    return error == ETIMEDOUT ? timed_out("connecting") : stream_failure(fmt::format("cannot connect: {}", ::strerror(error)));
  Stream s(std::move(fd));
  if (tls) {
    s.tls_ = std::make_unique<TlsSession>(*tls);
    if (auto shaken = s.handshake(deadline); !shaken) return std::unexpected(shaken.error());
  }
  return s;
}

StreamResult<Stream> Stream::connect_unix(const std::string& path, MonoNs deadline) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    return stream_failure(fmt::format("the path is longer than a socket's can be ({} bytes)", sizeof address.sun_path - 1));
  path.copy(address.sun_path, path.size());
  Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  // Unlike TCP there is nothing to wait for: EAGAIN is a listener whose queue is full.
  while (!fd || ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    const int error = errno;
    if (!fd || error != EAGAIN)
      return std::unexpected(StreamError{fmt::format("cannot connect: {}", ::strerror(error)), false, error});
    const int left = ms_left(deadline);
    if (left == 0) return timed_out("connecting");
    ::poll(nullptr, 0, std::min(left, 10));
  }
  return Stream(std::move(fd));
}

StreamResult<void> Stream::wait(short events, MonoNs deadline) const {
  pollfd p{fd_.get(), events, 0};
  for (;;) {
    // Looked at first: a peer that always has a few bytes more must not outlast the deadline.
    const int left = ms_left(deadline);
    const int ready = left == 0 ? 0 : ::poll(&p, 1, left);
    if (ready > 0) return {};
    if (ready == 0) return timed_out(events == POLLIN ? "waiting for the answer" : "sending the request");
    if (errno != EINTR) return stream_failure(::strerror(errno));
  }
}

StreamResult<void> Stream::write_plain(std::string_view bytes, MonoNs deadline) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno == EAGAIN) {
      if (auto ready = wait(POLLOUT, deadline); !ready) return ready;
    } else if (errno != EINTR) {
      return stream_failure(fmt::format("sending failed: {}", ::strerror(errno)), is_closed_errno(errno));
    }
  }
  return {};
}

StreamResult<std::size_t> Stream::read_plain(char* into, std::size_t room, MonoNs deadline) {
  for (;;) {
    if (auto ready = wait(POLLIN, deadline); !ready) return std::unexpected(ready.error());
    const ssize_t n = ::recv(fd_.get(), into, room, 0);
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno != EINTR && errno != EAGAIN) {
      return stream_failure(fmt::format("receiving failed: {}", ::strerror(errno)), is_closed_errno(errno));
    }
  }
}

StreamResult<void> Stream::flush_tls(MonoNs deadline) {
  const std::string out = tls_->take();
  return write_plain(out, deadline);
}

// Bytes from the wire into the TLS session; false at the end of the stream.
StreamResult<bool> Stream::feed_tls(MonoNs deadline) {
  std::array<char, kWireBytes> wire;
  const auto n = read_plain(wire.data(), wire.size(), deadline);
  if (!n) return std::unexpected(n.error());
  if (*n > 0) tls_->give({wire.data(), *n});
  return *n > 0;
}

StreamResult<void> Stream::handshake(MonoNs deadline) {
  for (;;) {
    const auto step = tls_->handshake();
    // Also after a failure: the alert tells the server why.
    const auto flushed = flush_tls(deadline);
    if (step == TlsSession::Step::failed) return stream_failure(fmt::format("the TLS handshake failed: {}", tls_->reason()));
    if (!flushed) return flushed;
    if (step == TlsSession::Step::done) return {};
    const auto more = feed_tls(deadline);
    if (!more) return std::unexpected(more.error());
    if (!*more) return stream_failure("the server closed the connection in the TLS handshake");
  }
}

StreamResult<void> Stream::write(std::string_view bytes, MonoNs deadline) {
  if (!tls_) return write_plain(bytes, deadline);
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, kWireBytes);
    if (tls_->write(piece) != TlsSession::Step::done) return stream_failure(fmt::format("TLS failed: {}", tls_->reason()));
    if (auto flushed = flush_tls(deadline); !flushed) return flushed;
    bytes.remove_prefix(piece.size());
  }
  return {};
}

StreamResult<std::size_t> Stream::read(char* into, std::size_t room, MonoNs deadline) {
  if (!tls_) return read_plain(into, room, deadline);
  for (;;) {
    std::size_t got = 0;
    const auto step = tls_->read(into, room, got);
    if (auto flushed = flush_tls(deadline); !flushed && step != TlsSession::Step::done) return std::unexpected(flushed.error());
    if (step == TlsSession::Step::done) return got;
    if (step == TlsSession::Step::closed) return std::size_t{0};
    if (step == TlsSession::Step::failed) return stream_failure(fmt::format("TLS failed: {}", tls_->reason()));
    const auto more = feed_tls(deadline);
    if (!more) return std::unexpected(more.error());
    if (!*more) return std::size_t{0};
  }
}

bool Stream::is_idle() const {
  if (tls_ && tls_->has_unread()) return false;
  char byte;
  const ssize_t n = ::recv(fd_.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  // TLS 1.3 servers send session tickets after the handshake: bytes that are there say nothing bad, the end does.
  if (n > 0) return tls_ != nullptr;
  return n < 0 && (errno == EAGAIN || errno == EINTR);
}

}  // namespace tacho
