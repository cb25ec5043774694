// Session: a stream's pieces are asked for when they are due, made on a slow thread, and written one at a time.
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "proto/base/log.h"
#include "proto/server/session.h"

namespace tacho {
namespace {

// The kernel's buffer for a reader that does not read: what is in it is old when it is read at last.
constexpr int kSendBufferBytes = 256 << 10;
constexpr std::int64_t kLongestWaitMs = 60'000;

// Of the server's own deadline for a piece, or of the kernel's: that begins when the reader's buffer is full, and so comes first where
// pieces are small and the kernel's buffer here has room for them.
bool is_timeout(const error_code& ec) { return ec == beast::error::timeout || ec == net::error::timed_out; }

// Nothing may be thrown out of a thread of the server.
std::optional<std::string> next_of(HttpStream& pieces, const std::atomic<bool>& abandoned) {
  try {
    return pieces.next(abandoned);
  } catch (const std::exception& e) {
    log_error("a stream failed: {}", e.what());
  } catch (...) {
    log_error("a stream failed");
  }
  return std::nullopt;
}

}  // namespace

void Session::begin_stream() {
  parser_.reset();
  abandoned_.store(false, std::memory_order_relaxed);
  const int fd = stream_.socket().native_handle();
  ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &kSendBufferBytes, sizeof kSendBufferBytes);
  // A reader whose machine is gone acknowledges nothing, and the buffer would hold minutes of pieces before it is full.
  const auto unacknowledged = static_cast<unsigned>(options().stream_timeout_ms);
  ::setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unacknowledged, sizeof unacknowledged);
  watch_reader();
  wait_for_piece();
}

// A client that closes its side has gone. While a piece is being written that says how it went: a deadline closes the socket, too. Which
// of the two is told of the kernel's time-out is chance; the other finds a broken pipe.
void Session::watch_reader() {
  stream_.socket().async_read_some(net::buffer(unread_), [self = shared_from_this()](error_code ec, std::size_t) {
    if (!self->pieces_) return;
    if (!ec) return self->watch_reader();
    self->reader_gone_ = true;
    self->timed_out_ = self->timed_out_ || is_timeout(ec);
    if (!self->writing_piece_) self->leave_stream();
  });
}

void Session::wait_for_piece() {
  if (stopping()) return end_stream();
  next_piece_.expires_after(milliseconds(std::clamp<std::int64_t>(pieces_->wait_ms(), 0, kLongestWaitMs)));
  next_piece_.async_wait([self = shared_from_this()](error_code) {
    if (!self->pieces_) return;
    if (self->stopping()) return self->end_stream();
    self->make_piece();
  });
}

void Session::make_piece() {
  if (!options().is_slow) return on_piece(next_of(*pieces_, abandoned_));
  net::post(server_.slow, [self = shared_from_this(), pieces = pieces_] {
    auto piece = self->stopping() ? std::nullopt : next_of(*pieces, self->abandoned_);
    net::post(self->stream_.get_executor(), [self, piece = std::move(piece)]() mutable { self->on_piece(std::move(piece)); });
  });
}

void Session::on_piece(std::optional<std::string> piece) {
  if (!pieces_) return;  // the reader has gone meanwhile
  if (!piece || stopping()) return end_stream();
  if (piece->empty()) return wait_for_piece();
  head_ = http_1_0_ ? "" : fmt::format("{:x}\r\n", piece->size());
  body_ = std::move(*piece);
  if (!http_1_0_) body_ += "\r\n";
  written_ = 0;
  writing_piece_ = true;
  // Of the whole piece: a reader that takes a byte now and then gains nothing by it.
  stream_.expires_after(milliseconds(options().stream_timeout_ms));
  write_piece();
}

void Session::write_piece() {
  const std::size_t from_head = std::min(written_, head_.size());
  const std::size_t from_body = written_ - from_head;
  const std::array<net::const_buffer, 2> rest = {net::buffer(head_) + from_head, net::buffer(body_) + from_body};
  stream_.async_write_some(rest, then(&Session::on_piece_written));
}

void Session::on_piece_written(error_code ec, std::size_t n) {
  if (ec) {
    timed_out_ = timed_out_ || is_timeout(ec);
    return leave_stream();
  }
  written_ += n;
  if (written_ < head_.size() + body_.size()) return write_piece();
  writing_piece_ = false;
  if (reader_gone_) return leave_stream();
  stream_.expires_never();
  wait_for_piece();
}

// With its last, empty chunk; then the connection is closed as after an answer.
void Session::end_stream() {
  pieces_.reset();
  error_code ignored;
  stream_.socket().cancel(ignored);  // the watch
  head_ = http_1_0_ ? "" : "0\r\n\r\n";
  body_.clear();
  written_ = 0;
  write_more();
}

// Nobody is left to be told.
void Session::leave_stream() {
  if (timed_out_) pieces_->dropped();
  pieces_.reset();
  abandoned_.store(true, std::memory_order_relaxed);
  next_piece_.cancel();
  stream_.close();
}

}  // namespace tacho
