// The server behind proto/http_server.h: the listening socket, the threads, the queue of slow requests, and the open connections.
//
// Threads  listen() and run() from one; stop() from any but a handler's.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_set>
#include <vector>

#include "proto/http_server.h"
#include "proto/server/asio.h"

namespace tacho {

class Session;

struct Listener {
  Listener(HttpServerOptions o, HttpHandler h)
      : options(std::move(o)), handler(std::move(h)), acceptor(net::make_strand(io)), retry(acceptor.get_executor()) {}

  Result<void> listen();
  Result<void> bind(const tcp::endpoint& endpoint);
  void run();
  void accept();
  void stop();

  const HttpServerOptions options;
  const HttpHandler handler;
  // Before the queues: what is left in one at the end takes its session with it, which asks for these.
  std::mutex mutex;  // guards `sessions`
  std::condition_variable session_ended;
  std::unordered_set<Session*> sessions;  // each removes itself when destroyed
  net::io_context io;
  net::io_context slow;     // a queue for slow_threads; nothing of it touches a socket
  tcp::acceptor acceptor;   // used on its strand only, after listen()
  net::steady_timer retry;  // the same
  std::string address;
  std::vector<std::thread> threads, slow_threads;
  // Until stop(), and for `io` until the slow threads have ended: what they give back is answered there.
  net::executor_work_guard<net::io_context::executor_type> more{io.get_executor()}, more_slow{slow.get_executor()};

  // Written once by stop(), release; read by sessions, acquire, to end instead of reading on. A stale read is
  // harmless: stop() also posts to every session.
  std::atomic<bool> stopping{false};
  // Requests that wait for a slow thread. Relaxed: a count, which may be passed by as many as come at once.
  std::atomic<int> waiting{0};
  // Whether a request is being tried at once. Acquire and release: it is a lock that nobody waits for.
  std::atomic<bool> tries{false};
};

}  // namespace tacho
