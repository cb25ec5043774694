// Session: handlers are called, answers are written.
#include <sys/socket.h>

#include <ctime>

#include "proto/base/log.h"
#include "proto/gzip.h"
#include "proto/server/plain.h"
#include "proto/server/session.h"

namespace tacho {
namespace {

// How long, and how much of, a client's unread request is drained before its connection is closed: closing earlier
// could destroy the answer on its way.
constexpr milliseconds kDrainTimeout{1000};
constexpr std::size_t kDrainBytes = 4u << 20;

// RFC 9110's date: Sun, 06 Nov 1994 08:49:37 GMT, without the locale's names.
std::string http_date(std::time_t now) {
  constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::tm t{};
  ::gmtime_r(&now, &t);
  return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT", kDays[t.tm_wday], t.tm_mday, kMonths[t.tm_mon], t.tm_year + 1900,
                     t.tm_hour, t.tm_min, t.tm_sec);
}

void append_header(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ": ";
  // A line break in a value would begin a header of its own.
  for (const char c : value) out += c == '\r' || c == '\n' ? ' ' : c;
  out += "\r\n";
}

void compress(HttpResponse& response, bool may_gzip, std::size_t bytes_min) {
  const bool done = response.packed || !header_value(response.headers, "Content-Encoding").empty();
  if (done || response.body.size() <= bytes_min) return;
  response.headers.emplace_back("Vary", "Accept-Encoding");
  if (!may_gzip) return;
  response.body = gzip(response.body);
  response.headers.emplace_back("Content-Encoding", "gzip");
}

}  // namespace

// Whether it is answered. One at a time, so that another thread is free for everybody else.
bool Session::try_first(HttpRequest& request) {
  if (!options().is_tried_first || options().threads < 2 || !options().is_tried_first(request)) return false;
  if (server_.tries.exchange(true, std::memory_order_acquire)) return false;
  request.first_try = true;
  HttpResponse response = call(request);
  request.first_try = false;
  server_.tries.store(false, std::memory_order_release);
  if (response.status == kTakesLonger) return false;
  respond(std::move(response));
  return true;
}

void Session::call_slowly(HttpRequest request) {
  abandoned_.store(false, std::memory_order_relaxed);
  request.abandoned = &abandoned_;
  stream_.expires_never();
  watch_client();
  net::post(server_.slow, [self = shared_from_this(), r = std::move(request)] {
    self->server_.waiting.fetch_sub(1, std::memory_order_relaxed);
    HttpResponse response = self->stopping() ? plain_answer(503, "the server ends") : self->call(r);
    net::post(self->stream_.get_executor(), [self, response = std::move(response)]() mutable {
      error_code ignored;
      self->stream_.socket().cancel(ignored);  // the watch
      self->respond(std::move(response));
    });
  });
}

// A client that closes its side while its request waits or runs has gone. What it sends early stays unread.
void Session::watch_client() {
  stream_.socket().async_wait(tcp::socket::wait_read, [self = shared_from_this()](error_code ec) {
    if (ec) return;
    char next = 0;
    const auto n = ::recv(self->stream_.socket().native_handle(), &next, 1, MSG_PEEK | MSG_DONTWAIT);
    const bool gone = n == 0 || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
    if (gone) self->abandoned_.store(true, std::memory_order_relaxed);
  });
}

// The handler's answer, as it is sent.
HttpResponse Session::call(const HttpRequest& request) const {
  HttpResponse response = call_handler(request);
  compress(response, accepts_gzip(request.header("Accept-Encoding")), options().gzip_bytes_min);
  return response;
}

HttpResponse Session::call_handler(const HttpRequest& request) const {
  try {
    return server_.handler(request);
  } catch (const std::exception& e) {
    log_error("{} {} failed: {}", request.method, request.path, e.what());
    return plain_answer(500, fmt::format("{} failed inside the server: {}", request.path, e.what()));
  } catch (...) {
    log_error("{} {} failed", request.method, request.path);
    return plain_answer(500, fmt::format("{} failed inside the server", request.path));
  }
}

void Session::respond(HttpResponse response) {
  const bool has_stream = response.stream != nullptr && !head_only_;
  if (stopping() || has_stream) keep_alive_ = false;
  head_ = fmt::format("HTTP/1.1 {} {}\r\n", response.status, status_text(response.status));
  append_header(head_, "Date", http_date(std::time(nullptr)));
  for (const auto& [name, value] : response.headers) append_header(head_, name, value);
  body_ = std::move(response.body);
  if (!response.content_type.empty() && (!body_.empty() || response.stream))
    append_header(head_, "Content-Type", response.content_type);
  if (has_stream) {
    if (!http_1_0_) append_header(head_, "Transfer-Encoding", "chunked");
  } else if (response.status != 204 && response.status != 304) {
    append_header(head_, "Content-Length", std::to_string(body_.size()));
  }
  if (!keep_alive_) append_header(head_, "Connection", "close");
  if (keep_alive_ && http_1_0_) append_header(head_, "Connection", "keep-alive");
  head_ += "\r\n";
  if (head_only_) body_.clear();
  if (has_stream) pieces_ = std::move(response.stream);
  written_ = 0;
  write_more();
}

// Piece by piece, each with its own deadline: a large answer over a slow line may take long, one that nobody takes
// may not.
void Session::write_more() {
  const std::size_t from_head = std::min(written_, head_.size());
  const std::size_t from_body = written_ - from_head;
  const std::array<net::const_buffer, 2> rest = {net::buffer(head_) + from_head, net::buffer(body_) + from_body};
  stream_.expires_after(idle_timeout());
  stream_.async_write_some(rest, then(&Session::on_written));
}

void Session::on_written(error_code ec, std::size_t n) {
  if (ec) return;
  written_ += n;
  if (written_ < head_.size() + body_.size()) return write_more();
  body_ = {};
  if (pieces_) return begin_stream();
  if (keep_alive_) return wait_for_request();
  stream_.socket().shutdown(tcp::socket::shutdown_send, ec);
  stream_.expires_after(kDrainTimeout);
  if (stopping()) return;
  waiting_ = true;
  drain(error_code{}, 0);
}

void Session::drain(error_code ec, std::size_t n) {
  drained_ += n;
  if (ec || drained_ > kDrainBytes) return;
  buffer_.clear();
  stream_.async_read_some(buffer_.prepare(8192), then(&Session::drain));
}

}  // namespace tacho
