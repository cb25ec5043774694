// An HTTP/1.1 server on one address: keep-alive, gzip where the client asks, bounded in connections, header and body
// bytes.
//
// Threads  start() makes `threads` threads that accept, read, call the handler and write; the handler runs on them,
//          several at once. What is_slow() picks is handled by `slow_threads` others, in the order it came, so that it
//          holds up nothing else; there the client is watched, and its going raises HttpRequest::abandoned.
//          stop() (and the destructor) refuses new connections, lets running handlers end (slow ones are abandoned
//          after a second, those that wait are refused), joins.
//          A stream (HttpResponse::stream) has its pieces made there too, where there is is_slow, and written as each is taken: there is never
//          more than one that waits to be written. stop() ends it after the piece in hand.
// Errors   start(): the address is not free or not ours, with what to do. A handler that throws answers 500.
//          What is no HTTP is answered 400, what is too large 413 or 431, always with one plain sentence.
// Bounds   connections_max open at once (further ones are answered 503 and closed); idle ones are closed, and so are
// clients
//          that take longer than header_timeout_ms for a request's header, or idle_timeout_ms for its body or for
//          taking the next piece of an answer, or stream_timeout_ms for the next of a stream.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "proto/base/error.h"
#include "proto/http.h"

namespace tacho {

struct HttpServerOptions {
  std::string listen = "127.0.0.1:9980";  // HOST:PORT; port 0: any free one; [::1]:9980 for IPv6
  int threads = 2;
  int slow_threads = 2;
  int slow_niceness = 5;                            // of the slow threads: what has a beat goes before them
  std::function<bool(const HttpRequest&)> is_slow;  // must not block; null: nothing is
  // Of those the ones that are tried at once, one at a time (HttpRequest::first_try): handing a request to another thread and back costs
  // more than most answers. Needs two threads; null: none.
  std::function<bool(const HttpRequest&)> is_tried_first;
  int connections_max = 256;
  std::size_t body_bytes_max = 16u << 20;
  std::size_t header_bytes_max = 64u << 10;
  std::int64_t idle_timeout_ms = 60'000;
  std::int64_t header_timeout_ms = 10'000;
  std::int64_t stream_timeout_ms = 15'000;
  std::size_t gzip_bytes_min = 1024;  // smaller answers are sent as they are
};

class HttpServer {
 public:
  static Result<std::unique_ptr<HttpServer>> start(HttpServerOptions options, HttpHandler handler);
  ~HttpServer();
  // Idle connections are closed at once; what is being answered has a second to be taken after its handler returned.
  // Not from within a handler.
  void stop();
  // HOST:PORT with the real port.
  std::string address() const;

 private:
  struct Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tacho
