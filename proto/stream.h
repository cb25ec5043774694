// A connection, TCP (plain or TLS) or a unix socket, whose every call has a deadline: what the HTTP client talks through.
//
// Threads  one at a time.
// Errors   as values, without the URL: the caller adds it. closed_by_peer tells a kept connection that has gone
// stale. Cost     blocks the caller in poll(), never past the deadline; a name is looked up on a thread of its own,
// which an overdue
//          look-up leaves behind to end by itself.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "proto/base/clock.h"
#include "proto/base/error.h"
#include "proto/base/file.h"
#include "proto/tls.h"

namespace tacho {

struct StreamError {
  std::string message;
  bool closed_by_peer = false;
  int sys_errno = 0;  // ETIMEDOUT where the deadline passed
};
template <class T>
using StreamResult = std::expected<T, StreamError>;

class Stream {
 public:
  // `tls` null: plain TCP.
  static StreamResult<Stream> connect(const std::string& host, const std::string& port, const TlsContext* tls, MonoNs deadline);
  // A socket in the file system; sys_errno says why it cannot be used (ENOENT, EACCES, ECONNREFUSED: nobody listens).
  static StreamResult<Stream> connect_unix(const std::string& path, MonoNs deadline);
  Stream(Stream&&) noexcept = default;
  Stream& operator=(Stream&&) noexcept = default;

  StreamResult<void> write(std::string_view bytes, MonoNs deadline);
  // At least one byte, at most `room`; 0 at the end of the stream.
  StreamResult<std::size_t> read(char* into, std::size_t room, MonoNs deadline);
  // Nothing unread and not closed: what a kept connection must be to be used again.
  bool is_idle() const;

 private:
  explicit Stream(Fd fd) : fd_(std::move(fd)) {}
  StreamResult<void> wait(short events, MonoNs deadline) const;
  StreamResult<void> write_plain(std::string_view bytes, MonoNs deadline);
  StreamResult<std::size_t> read_plain(char* into, std::size_t room, MonoNs deadline);
  StreamResult<void> handshake(MonoNs deadline);
  StreamResult<void> flush_tls(MonoNs deadline);
  StreamResult<bool> feed_tls(MonoNs deadline);

  Fd fd_;
  std::unique_ptr<TlsSession> tls_;
};

}  // namespace tacho
