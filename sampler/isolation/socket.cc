#include "sampler/isolation/socket.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>

namespace tacho::sampler {
namespace {

constexpr int kSocketMessageMax = 128 << 10;  // as message.h has it

}  // namespace

Result<std::pair<Socket, Socket>> Socket::pair() {
  int fds[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0)
    return sys_failure(errno, "no pair of sockets can be made");
  // The longest message, whatever the machine's default is.
  for (const int fd : fds) {
    const int bytes = 2 * kSocketMessageMax;
    ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
  }
  return std::pair{Socket(Fd(fds[0])), Socket(Fd(fds[1]))};
}

bool Socket::send(std::span<const std::byte> head, std::span<const std::byte> body) const {
  // sendmsg() takes them as not const, and does not write.
  iovec parts[2] = {{const_cast<std::byte*>(head.data()), head.size()}, {const_cast<std::byte*>(body.data()), body.size()}};
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = body.empty() ? 1 : 2;
  ssize_t sent = 0;
  do {
    sent = ::sendmsg(fd_.get(), &message, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent >= 0;
}

std::size_t Socket::receive(std::span<std::byte> into) const {
  ssize_t got = 0;
  do {
    got = ::recv(fd_.get(), into.data(), into.size(), MSG_TRUNC);
  } while (got < 0 && errno == EINTR);
  return got < 0 ? 0 : static_cast<std::size_t>(got);
}

void Socket::wait_at_most(int ms) const {
  const timeval limit{.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
}

void Socket::shut() const { ::shutdown(fd_.get(), SHUT_RDWR); }

}  // namespace tacho::sampler
