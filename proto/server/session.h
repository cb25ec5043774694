// One connection: read a request, call the handler, write the answer, again; or write a stream, piece by piece, until an end.
//
// Threads  all of it runs on the connection's strand, on the http threads; slow handlers and a stream's pieces are made on the slow ones, and come
//          back to the strand. stop() and abort() from any.
// Files    session.cc: requests; session_answer.cc: handlers and answers; session_stream.cc: streams.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "proto/server/asio.h"
#include "proto/server/listener.h"

namespace tacho {

class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(tcp::socket socket, Listener& server, bool refused);
  ~Session();

  void start();
  // A connection that waits for a request is closed, one that answers ends after the answer, a stream after the piece in hand.
  void stop();
  void abort();

 private:
  using Parser = beast::http::request_parser<beast::http::string_body>;

  const HttpServerOptions& options() const { return server_.options; }
  bool stopping() const { return server_.stopping.load(std::memory_order_acquire); }
  milliseconds idle_timeout() const;

  template <class Method>
  auto then(Method method) {
    return [self = shared_from_this(), method](error_code ec, std::size_t n) { ((*self).*method)(ec, n); };
  }

  void wait_for_request();
  void on_first_bytes(error_code ec, std::size_t n);
  void read_header();
  void on_header(error_code ec, std::size_t);
  void on_continued(error_code ec, std::size_t);
  void read_body();
  void on_read_error(error_code ec);
  void refuse(int status, std::string sentence);
  void on_request(error_code ec, std::size_t);
  void answer(HttpRequest request);

  bool try_first(HttpRequest& request);
  void call_slowly(HttpRequest request);
  void watch_client();
  HttpResponse call(const HttpRequest& request) const;
  HttpResponse call_handler(const HttpRequest& request) const;
  void respond(HttpResponse response);
  void write_more();
  void on_written(error_code ec, std::size_t n);
  void drain(error_code ec, std::size_t n);

  void begin_stream();
  void watch_reader();
  void wait_for_piece();
  void make_piece();
  void on_piece(std::optional<std::string> piece);
  void write_piece();
  void on_piece_written(error_code ec, std::size_t n);
  void end_stream();
  void leave_stream();

  Listener& server_;
  beast::tcp_stream stream_;
  const bool refused_;
  beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  // Written on the strand and by abort(), read by the handler. Relaxed: a stale read is harmless, it ends a little later.
  std::atomic<bool> abandoned_{false};
  bool waiting_ = true;  // for bytes of the client: may be closed at any time
  bool keep_alive_ = false;
  bool head_only_ = false;
  bool http_1_0_ = false;
  std::string head_, body_;  // the answer, or the piece of a stream, being written
  std::size_t written_ = 0;
  std::size_t drained_ = 0;

  std::shared_ptr<HttpStream> pieces_;  // null: no stream is under way
  net::steady_timer next_piece_;
  bool writing_piece_ = false, reader_gone_ = false;
  bool timed_out_ = false;          // the reader took nothing for too long: it is let go, and counted
  std::array<char, 512> unread_{};  // what a client sends while it is streamed to: nobody reads it
};

}  // namespace tacho
