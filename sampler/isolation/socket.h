// A pair of connected sockets that carry whole messages (AF_UNIX, SOCK_SEQPACKET), close on exec.
//
// Threads  send(), receive(): one at a time; shut(): any, and ends a receive() in another thread.
// Cost     a system call each; no allocation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "proto/base/error.h"
#include "proto/base/file.h"

namespace tacho::sampler {

class Socket {
 public:
  explicit Socket(Fd fd) : fd_(std::move(fd)) {}
  static Result<std::pair<Socket, Socket>> pair();

  // Of a head and what follows it. False: the other end is gone; or, with errno EMSGSIZE, the message is too long for the kernel.
  bool send(std::span<const std::byte> head, std::span<const std::byte> body = {}) const;
  // Waits. The message's whole length, which may be more than there was room for; 0: the other end is gone.
  std::size_t receive(std::span<std::byte> into) const;
  // Both ends see each other as gone; what was sent before is still received.
  // From now on receive() gives up after so long.
  void wait_at_most(int ms) const;
  void shut() const;
  int fd() const { return fd_.get(); }

 private:
  Fd fd_;
};

template <class T>
std::span<const std::byte> bytes_of(const T& value) {
  return std::as_bytes(std::span(&value, 1));
}

}  // namespace tacho::sampler
