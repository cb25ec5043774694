#include "sampler/isolation/socket.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/uio.h>

namespace tacho::sampler {

Result<std::pair<Socket, Socket>> Socket::pair() {
  int fds[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0)
    return sys_failure(errno, "no pair of sockets can be made");
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

void Socket::shut() const { ::shutdown(fd_.get(), SHUT_RDWR); }

}  // namespace tacho::sampler
